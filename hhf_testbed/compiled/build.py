# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes the compiled model: C by mypyc, libraries by gcc, a trial, and only then its name."""

import os
import shutil
import sys
import sysconfig
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from filelock import FileLock

from hhf_testbed import paths, proc
from hhf_testbed.compiled import recipe
from hhf_testbed.errors import LabFailure
from hhf_testbed.progress import Reporter

GENERATE_S, COMPILE_S, TRY_S = 300.0, 600.0, 60.0
"""Deadlines. All together it took 8 s."""
TRIAL: Final = """\
import sys
from pathlib import Path
from hhf_testbed.compiled.finder import in_use, use_from
use_from(Path(sys.argv[1]))
from hhf_testbed.model import Hhf, Packet
from hhf_testbed.params import HhfParams
hhf = Hhf(HhfParams(limit_packets=90))
admitted = [number for number in range(1, 101) if hhf.enqueue(Packet(7, 1514), 0).admitted]
assert in_use() and admitted == [87] and hhf.drops == 10 and hhf.dequeue().len_bytes == 1514
"""
"""Packet 87 of 1514 bytes is the first past 131072 (hhf-facts, section 0)."""


def missing() -> list[str]:
    """Say what this machine lacks, each with the command that mends it."""
    found = []
    if not shutil.which("gcc"):
        found.append("gcc is missing: 'sudo apt-get install gcc libc6-dev'")
    if not (Path(sysconfig.get_path("include")) / "Python.h").is_file():
        found.append("Python.h is missing: 'sudo apt-get install python3-dev'")
    if find_spec("mypyc") is None:
        found.append("the Python package mypy is missing: 'pip install mypy'")
    return found


def build(reporter: Reporter) -> Path:
    """Return the directory of the compiled model, making it if need be.

    Raises:
        LabFailure: something is missing, the cache cannot be written, or a step failed; nothing
            has changed then.
    """
    target = recipe.directory()
    try:
        recipe.root().mkdir(parents=True, exist_ok=True)
        with FileLock(recipe.root() / ".lock"):
            _make_if_missing(target, reporter)
    except OSError as error:
        raise LabFailure(
            f"the cache {recipe.root()} cannot be written: {error.strerror} ({error.filename}); "
            "free some space, or set HHF_CACHE to another place"
        ) from error
    return target


def _make_if_missing(target: Path, reporter: Reporter) -> None:
    if (target / recipe.COMPLETE).is_file():
        return
    if lacks := missing():
        raise LabFailure(f"the model cannot be compiled: {'; '.join(lacks)}")
    _make(target, reporter)


def _make(target: Path, reporter: Reporter) -> None:
    work = recipe.root() / ".building"
    shutil.rmtree(work, ignore_errors=True)  # of a build that died; the lock is ours
    shutil.rmtree(target, ignore_errors=True)
    try:
        (work / "c").mkdir(parents=True)
        (work / "model").mkdir()
        with reporter.step("compile the model"):
            _python("-m", "hhf_testbed.compiled.generate", str(work / "c"), deadline_s=GENERATE_S)
            _compile(work)
            _python("-c", TRIAL, str(work / "model"), deadline_s=TRY_S)
        if recipe.directory() != target:
            raise LabFailure("the model's source changed while it was compiled; run it again")
        (work / "model" / recipe.COMPLETE).touch()
        (work / "model").rename(target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _compile(work: Path) -> None:
    """Compile the one library with all the code, and the shims that lead to it."""
    from hhf_testbed.compiled.generate import LIB_RT

    include = [f"-I{sysconfig.get_path('include')}", f"-I{LIB_RT}", f"-I{work / 'c'}"]
    for name in (recipe.LIBRARY, *recipe.FULL_NAMES):
        source = f"__native_{recipe.GROUP}.c" if name == recipe.LIBRARY else f"{name}.c"
        output = work / "model" / f"{name}{EXTENSION_SUFFIXES[0]}"
        argv = ["gcc", *recipe.FLAGS, *include, "-o", str(output), str(work / "c" / source)]
        proc.run(
            argv, deadline_s=COMPILE_S, hint="'sudo apt-get install gcc libc6-dev python3-dev'"
        )


def _python(*arguments: str, deadline_s: float) -> None:
    """Run this Python, with our package and with no model that is already compiled."""
    path = str(paths.package_dir().parent)
    proc.run(
        [sys.executable, "-P", *arguments],
        deadline_s=deadline_s,
        env=os.environ | {"PYTHONPATH": path},
    )
