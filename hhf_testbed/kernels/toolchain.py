# SPDX-License-Identifier: GPL-2.0-or-later
"""What a build needs of the machine, found out before anything starts."""

import platform
import shutil
from pathlib import Path

from hhf_testbed.errors import LabFailure
from hhf_testbed.kernels import jobs

PACKAGES = {
    "gcc": "gcc",
    "ld": "binutils",
    "make": "make",
    "flex": "flex",
    "bison": "bison",
    "bc": "bc",
    "xz": "xz-utils",
    "tar": "tar",
    "dpkg-deb": "dpkg",
    "apt-get": "apt",
}
"""Debian package by command. libc6-dev has no command: compiling the shim needs it first."""

NEEDED_BYTES = 600 * 10**6
"""Most disk that a build of 6.12 had in use at one time was 0.27 GB of source (unpacked) and
0.12 GB of objects, 0.15 GB for the package itself; rounded up."""


def check(where: Path) -> None:
    """Raise LabFailure unless this machine can build a kernel below ``where``."""
    if platform.machine() != "x86_64":
        raise LabFailure(
            f"User-Mode Linux runs on x86_64 only, and this machine is {platform.machine()}"
        )
    missing = [command for command in PACKAGES if not shutil.which(command)]
    if missing:
        packages = " ".join(PACKAGES[command] for command in missing)
        raise LabFailure(
            f"a kernel build needs {', '.join(missing)}; 'sudo apt-get install {packages}' mends it"
        )
    free = shutil.disk_usage(where).free
    if free < NEEDED_BYTES:
        raise LabFailure(
            f"a kernel build needs {NEEDED_BYTES // 10**6} MB of disk, and {where} has"
            f" {free // 10**6} MB left; free some, or set HHF_CACHE to another place"
        )


def compile_shim(source: Path, into: Path) -> None:
    """Compile the getrandom() replacement: a shared library of one file."""
    command = ["gcc", "-O2", "-Wall", "-Werror", "-fPIC", "-shared", "-o", str(into), str(source)]
    jobs.run(
        command,
        what="compiling seeded_getrandom.c",
        hint="'sudo apt-get install gcc libc6-dev' gives the compiler and the C library's headers",
        directory=into.parent,
    )
