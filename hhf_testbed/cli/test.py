# SPDX-License-Identifier: GPL-2.0-or-later
"""``hhf test``: everything that must hold before a change lands."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from hhf_testbed import kernels, paths, progress
from hhf_testbed.errors import LabFailure

RUN_LINT_IMPORTS: Final = """\
from importlinter.cli import lint_imports_command
lint_imports_command(["--no-logo", "--no-cache"])
"""
LINTERS: Final = {
    "mypy": ("-m", "mypy"),  # first, because it takes longest and two run at a time
    "ruff check": ("-m", "ruff", "check", "--quiet"),
    "ruff format": ("-m", "ruff", "format", "--check", "--diff", "--quiet"),
    "import contracts": ("-c", RUN_LINT_IMPORTS),
}
"""Name of a check: what Python is given to run it."""

PYTEST_VERDICT: Final = {0: 0, 1: 1}
"""pytest's other statuses (interrupted, internal error, usage, no tests) teach nothing: 2."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check said and how long it took."""

    name: str
    status: int
    output: str
    seconds: float


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("pytest_args", nargs=-1, type=click.UNPROCESSED)
def test(pytest_args: tuple[str, ...]) -> int:
    """Check everything that must hold before a change lands.

    Runs ruff, mypy and the import contracts, then all tests, for which it builds a kernel if there
    is none. Given PYTEST_ARGS, it runs only pytest, with them.

    Exit status: 0 all passed, 1 something failed, 2 a check could not run.
    """
    root = _checkout()
    if not pytest_args:
        kernels.get(reporter=progress.reporter())  # the guest tests boot it
    failed = [] if pytest_args else list(_failed_linters(root))
    status = _pytest(root, pytest_args)
    if failed:  # said again only then, so that otherwise pytest's summary comes last
        print(f"hhf: failed before pytest: {', '.join(failed)}", file=sys.stderr)
        return 1
    return status


def _checkout() -> Path:
    root = paths.package_dir().parent
    if not (root / "tests").is_dir():
        raise LabFailure(
            f"'hhf test' needs a checkout, and {root} has no tests; run ./hhf test there"
        )
    return root


def _failed_linters(root: Path) -> Iterator[str]:
    """Run the linters, say how each ended as it ends, and give the names of those that failed."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        for outcome in pool.map(lambda name: _lint(root, name), LINTERS):
            verdict = "FAILED" if outcome.status else "passed"
            print(f"{outcome.name:18} {verdict} {outcome.seconds:5.1f} s", flush=True)
            if outcome.status:
                print(outcome.output, flush=True)
                yield outcome.name


def _lint(root: Path, name: str) -> Outcome:
    started = time.monotonic()
    ended = subprocess.run(
        [sys.executable, *LINTERS[name]],
        cwd=root,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Outcome(name, ended.returncode, ended.stdout, time.monotonic() - started)


def _pytest(root: Path, arguments: tuple[str, ...]) -> int:
    argv = [sys.executable, "-m", "pytest", "-o", f"cache_dir={_tool_cache()}/pytest", *arguments]
    ended = subprocess.run(argv, cwd=root, env=_environment(), check=False)
    return PYTEST_VERDICT.get(ended.returncode, 2)


def _environment() -> dict[str, str]:
    """Keep the tools' caches out of the checkout, which may be read-only."""
    cache = _tool_cache()
    return os.environ | {
        "MYPY_CACHE_DIR": f"{cache}/mypy",
        "RUFF_CACHE_DIR": f"{cache}/ruff",
        "HYPOTHESIS_STORAGE_DIRECTORY": f"{cache}/hypothesis",
    }


def _tool_cache() -> Path:
    return paths.cache_dir() / "test"
