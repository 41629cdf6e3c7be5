# SPDX-License-Identifier: GPL-2.0-or-later
"""What a compiled model is made from, and where it goes."""

import hashlib
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from importlib.util import MAGIC_NUMBER
from pathlib import Path
from typing import Final

from hhf_testbed import paths

MODULES: Final = (
    "classifier",
    "flow_table",
    "hashing",
    "jiffies",
    "multistage_filter",
    "outcome",
    "packet",
    "parent",
    "qdisc",
    "settings",
    "wdrr",
)
"""Of ``hhf_testbed.model``. Not ``features`` and ``seed_hash``, which no packet waits for, and not
``refusal``: a compiled class may not be derived from one that is not, and errors are not."""
FULL_NAMES: Final = tuple(f"hhf_testbed.model.{module}" for module in MODULES)
GROUP: Final = "hhf_testbed_model"
LIBRARY: Final = f"{GROUP}__mypyc"  # the name that mypyc derives from the group's
FLAGS: Final = ("-O3", "-g0", "-fPIC", "-shared", "-w")
COMPLETE: Final = "complete"


def source(module: str) -> Path:
    """Return the file of one of ``MODULES``."""
    return paths.package_dir() / "model" / f"{module}.py"


def key() -> str:
    """Return the hash of the sources, of how they are compiled, and of who compiles them."""
    told = [sys.version, platform.machine(), MAGIC_NUMBER.hex(), mypy_version(), *FLAGS]
    digest = hashlib.sha256("\0".join(told).encode())
    for module in MODULES:
        digest.update(b"\0" + module.encode() + b"\0" + source(module).read_bytes())
    for other in ("params", "errors", "model/features", "model/refusal"):  # their types are used
        digest.update(b"\0" + (paths.package_dir() / f"{other}.py").read_bytes())
    return digest.hexdigest()[:16]


def directory() -> Path:
    """Return where the compiled model of the present sources is, or would be."""
    return root() / f"model-{key()}"


def root() -> Path:
    """Return where all compiled models are."""
    return paths.cache_dir() / "compiled"


def mypy_version() -> str:
    """Return mypy's version; empty if there is no mypy."""
    try:
        return version("mypy")
    except PackageNotFoundError:
        return ""
