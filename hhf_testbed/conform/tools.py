# SPDX-License-Identifier: GPL-2.0-or-later
"""Compiles what runs in the guest, once, and keeps it in the cache: the driver, the module that
shows the hash key, and, if wanted, a changed sch_hhf.c.
"""

import hashlib
import shutil
import tempfile
from pathlib import Path

from hhf_testbed.errors import LabFailure, RequestError
from hhf_testbed.kernels import Kernel
from hhf_testbed.native import compiled
from hhf_testbed.paths import cache_dir, package_dir
from hhf_testbed.proc import run

DEADLINE_S = 120.0
HINT = "hhf doctor says what is missing"


def driver() -> Path:
    """Return the program that plays scenarios. Raises LabFailure if it cannot be compiled."""
    return compiled(package_dir() / "conform" / "driver.c")


def key_module(kernel: Kernel, hhf_source: Path) -> Path:
    """Return the module hhf_key for a kernel whose sch_hhf is made from ``hhf_source``."""
    source = package_dir() / "conform" / "hhf_key.c"
    return _module(kernel, "hhf_key", {"hhf_key.c": source, "sch_hhf.c": hhf_source})


def hhf_module(kernel: Kernel, source: Path) -> Path:
    """Return the module sch_hhf made from another source. Raises LabFailure."""
    return _module(kernel, "sch_hhf", {"sch_hhf.c": source})


def own_source(kernel: Kernel) -> Path:
    """Return the sch_hhf.c that the kernel was built with."""
    return kernel.tree / "net" / "sched" / "sch_hhf.c"


def _module(kernel: Kernel, name: str, sources: dict[str, Path]) -> Path:
    try:
        texts = {file: path.read_bytes() for file, path in sources.items()}
    except OSError as error:
        raise RequestError(f"{error.filename}: {error.strerror}") from error
    module = _place(kernel.key.encode(), *texts.values()) / f"{name}.ko"
    if not module.exists():
        with tempfile.TemporaryDirectory(prefix="hhf-module-") as work:
            for file, text in texts.items():
                (Path(work) / file).write_bytes(text)
            (Path(work) / "Kbuild").write_text(f"obj-m := {name}.o\n")
            argv = ["make", "ARCH=um", "-C", str(kernel.tree), f"M={work}", "modules"]
            run(argv, deadline_s=DEADLINE_S, hint=HINT)
            _keep(Path(work) / f"{name}.ko", module)
    return module


def _place(*parts: bytes) -> Path:
    digest = hashlib.sha256(b"\0".join(parts)).hexdigest()[:12]
    return cache_dir() / "conform" / digest


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
