# SPDX-License-Identifier: GPL-2.0-or-later
"""With what a run was made: this program's revision, the libraries that results depend on."""

import hashlib
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import hhf_testbed
from hhf_testbed.paths import package_dir

LIBRARIES = ("numpy", "matplotlib", "scapy", "pyroute2", "pydantic", "jinja2")
DEADLINE_S = 20.0


def provenance() -> dict[str, Any]:
    """Return versions as plain JSON types."""
    return {
        "hhf_testbed": hhf_testbed.__version__,
        "revision": revision(),
        "content": content(),
        "python": platform.python_version(),
        "libraries": {name: _version(name) for name in LIBRARIES},
    }


def revision() -> str:
    """Return the git revision of the checkout, ``-dirty`` if it has changes, or "unknown"."""
    argv = ["git", "-C", str(package_dir()), "describe", "--always", "--dirty", "--abbrev=40"]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=DEADLINE_S, check=True)
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return done.stdout.strip()


def content() -> str:
    """Return a hash of every file of this package: two changed checkouts are told apart by it."""
    digest = hashlib.sha256()
    for path in sorted(package_dir().rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(path.relative_to(package_dir()).as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"
