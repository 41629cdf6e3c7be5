# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the tests on a mutant, in a child process whose exit status is the verdict.

The checkout stays as it is: the child imports the changed source from memory. It is a fork of a
process that has pytest and hypothesis imported already and the model not yet, which makes a mutant
cost a fraction of a second.
"""

import gc
import os
import resource
import sys
import tempfile
import traceback
from collections.abc import Iterable, Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from math import ceil
from pathlib import Path
from types import CodeType, ModuleType
from typing import IO, Final

import pytest
from hypothesis import is_hypothesis_test

from .mutants import MODEL, Mutant

PACKAGE: Final = "hhf_testbed.model"
TESTS: Final = Path(__file__).parents[1]
PYTEST_ARGUMENTS: Final = (
    "-x",
    "-q",
    "--no-header",
    "--tb=no",
    f"--confcutdir={TESTS}",  # the guests' fixtures take long to import
    "-p",
    "no:cacheprovider",
    "--assert=plain",
    f"--ignore={TESTS}/test_benchmark.py",  # it is about speed
    f"--ignore={TESTS}/test_mutation.py",  # it looks at the source in the checkout
)
ENDLESS: Final = 5
"""A mutant that takes so many times as long as the model itself never ends."""
MEMORY_LIMIT_BYTES: Final = 2 << 30
KILLED: Final = (1, 2)  # a test failed; a test file could not even be imported


class NoRandomExamples:
    """A plugin: leaves out hypothesis. What it finds today, it may miss tomorrow."""

    def pytest_collection_modifyitems(self, items: list[pytest.Function]) -> None:
        """Keep the tests that always do the same."""
        items[:] = [item for item in items if not is_hypothesis_test(item.obj)]


class ChangedModule(MetaPathFinder, SourceFileLoader):
    """Finds and loads one module of the model, from the mutant's source."""

    def __init__(self, mutant: Mutant) -> None:
        stem = mutant.file.removesuffix(".py")
        name = PACKAGE if stem == "__init__" else f"{PACKAGE}.{stem}"
        SourceFileLoader.__init__(self, name, str(MODEL / mutant.file))
        self.source = mutant.source

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002 (importlib's signature)
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        """Return this loader for its module, and nothing for all others."""
        if fullname != self.name:
            return None
        return spec_from_file_location(fullname, self.path, loader=self)

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002
        """Compile the changed source, past all caches."""
        return compile(self.source, self.path, "exec")


def cpu_limit_s(unchanged: Mutant) -> int:
    """Return the seconds of CPU that a mutant may take; 0 if the tests fail on the model itself."""
    gc.freeze()  # or each child looks through the parent's objects
    if not list(survivors([unchanged], 1, resource.RLIM_INFINITY)):
        return 0
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ceil(ENDLESS * (used.ru_utime + used.ru_stime))


def survivors(mutants: Iterable[Mutant], jobs: int, limit_s: int) -> Iterator[Mutant]:
    """Give the mutants that no test notices, with so many children at a time."""
    running: dict[int, tuple[Mutant, IO[bytes]]] = {}
    for mutant in mutants:
        if len(running) == jobs:
            yield from _ended(running)
        output = tempfile.TemporaryFile()  # noqa: SIM115 (closed when the child has ended)
        running[_start(mutant, output, limit_s)] = mutant, output
    while running:
        yield from _ended(running)


def _ended(running: dict[int, tuple[Mutant, IO[bytes]]]) -> Iterator[Mutant]:
    """Wait for a child, and give its mutant if that survived. One that had to be ended did not."""
    pid, status = os.wait()
    mutant, output = running.pop(pid)
    with output:
        exit_status = os.waitstatus_to_exitcode(status)
        if exit_status == 0:
            yield mutant
        elif exit_status > 0 and exit_status not in KILLED:  # pytest itself failed
            output.seek(0)
            print(output.read().decode(errors="replace"), file=sys.stderr)
            raise RuntimeError(f"pytest ended with {exit_status} on {mutant.name}")


def _start(mutant: Mutant, output: IO[bytes], limit_s: int) -> int:
    """Start a child that runs the tests on the mutant; return its number."""
    pid = os.fork()
    if pid:
        return pid
    status = 3
    try:
        status = _test(mutant, output, limit_s)
    except BaseException:  # a child must end here, whatever happens
        output.write(traceback.format_exc().encode())
        output.flush()
    os._exit(status)


def _test(mutant: Mutant, output: IO[bytes], limit_s: int) -> int:
    resource.setrlimit(resource.RLIMIT_CPU, (limit_s, limit_s))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # none is needed, and each costs time
    for descriptor in (1, 2):
        os.dup2(output.fileno(), descriptor)
    sys.meta_path.insert(0, ChangedModule(mutant))
    own = TESTS / f"test_{mutant.file}"  # most mutants end there, which saves the rest
    status = _pytest(own) if own.is_file() else 0
    return status or _pytest(TESTS)


def _pytest(tests: Path) -> int:
    return int(pytest.main([*PYTEST_ARGUMENTS, str(tests)], plugins=[NoRandomExamples()]))
