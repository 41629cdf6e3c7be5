# SPDX-License-Identifier: GPL-2.0-or-later
"""Compiles kernel modules against the tree of a cached kernel, each once, into the cache."""

import hashlib
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from hhf_testbed.errors import LabFailure, RequestError
from hhf_testbed.kernels import Kernel
from hhf_testbed.paths import cache_dir
from hhf_testbed.proc import run

DEADLINE_S = 120.0
HINT = "if it is not the source, hhf doctor says what is missing"


def hhf_source(kernel: Kernel) -> Path:
    """Return the sch_hhf.c that the kernel was built with."""
    return kernel.tree / "net" / "sched" / "sch_hhf.c"


def compiled_module(kernel: Kernel, name: str, sources: Mapping[str, Path]) -> Path:
    """Return the module ``name`` made of the files ``sources``, named as the module wants them.

    Raises:
        RequestError: a source cannot be read.
        LabFailure: it does not compile, or the cache is not writable.
    """
    try:
        texts = {file: path.read_bytes() for file, path in sources.items()}
    except OSError as error:
        raise RequestError(f"{error.filename}: {error.strerror}") from error
    module = _place(kernel.key.encode(), *texts.values()) / f"{name}.ko"
    if not module.exists():
        with tempfile.TemporaryDirectory(prefix="hhf-module-") as work:
            _keep(make_module(kernel, name, texts, Path(work)), module)
    return module


def make_module(kernel: Kernel, name: str, texts: Mapping[str, bytes], work: Path) -> Path:
    """Compile a module in the directory ``work``, and return its place there. Raises LabFailure."""
    work.mkdir(exist_ok=True)
    for file, text in texts.items():
        (work / file).write_bytes(text)
    (work / "Kbuild").write_text(f"obj-m := {name}.o\n")
    argv = ["make", "ARCH=um", "-C", str(kernel.tree), f"M={work}", "modules"]
    run(argv, deadline_s=DEADLINE_S, hint=HINT)
    return work / f"{name}.ko"


def _place(*parts: bytes) -> Path:
    digest = hashlib.sha256(b"\0".join(parts)).hexdigest()[:12]
    return cache_dir() / "modules" / digest


def _keep(made: Path, target: Path) -> None:
    """Put a file into the cache whole or not at all; another process may do the same."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as part:
            pass
        shutil.copy(made, part.name)
        Path(part.name).replace(target)
    except OSError as error:
        raise LabFailure(f"cannot write {target}: {error.strerror}") from error
