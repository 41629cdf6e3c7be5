# SPDX-License-Identifier: GPL-2.0-or-later
"""Compiles what runs in the guest, once, and keeps it in the cache: the driver, the module that
shows the hash key, and, if wanted, a changed sch_hhf.c.
"""

from pathlib import Path

from hhf_testbed.kernel_modules import compiled_module
from hhf_testbed.kernel_modules import hhf_source as own_source
from hhf_testbed.kernels import Kernel
from hhf_testbed.native import compiled
from hhf_testbed.paths import package_dir

__all__ = ["driver", "hhf_module", "key_module", "key_source", "own_source"]


def driver() -> Path:
    """Return the program that plays scenarios. Raises LabFailure if it cannot be compiled."""
    return compiled(package_dir() / "conform" / "driver")


def key_module(kernel: Kernel, hhf_source: Path) -> Path:
    """Return the module hhf_key for a kernel whose sch_hhf is made from ``hhf_source``."""
    sources = {"hhf_key.c": key_source(), "sch_hhf.c": hhf_source}
    return compiled_module(kernel, "hhf_key", sources)


def key_source() -> Path:
    """Return the source of the module hhf_key."""
    return package_dir() / "conform" / "hhf_key.c"


def hhf_module(kernel: Kernel, source: Path) -> Path:
    """Return the module sch_hhf made from another source. Raises LabFailure."""
    return compiled_module(kernel, "sch_hhf", {"sch_hhf.c": source})
