# SPDX-License-Identifier: GPL-2.0-or-later
"""A kernel that is ready to run: where its files are and what it was made from."""

import re
from dataclasses import dataclass
from pathlib import Path

from hhf_testbed.errors import LabFailure

SECCOMP_SINCE = (6, 16)
"""First series whose UML has ``seccomp=on`` (arch/um/os-Linux/start_up.c)."""


MANIFEST = "manifest.json"
"""In a kernel's directory: what it is, and its files."""


@dataclass(frozen=True)
class Kernel:
    """A built UML kernel in the cache.

    ``hz`` is in ticks per second; ``key`` names everything that the kernel was made from.
    """

    name: str
    release: str
    hz: int
    config_sha256: str
    key: str
    source: str
    directory: Path

    @property
    def linux(self) -> Path:
        """The UML executable."""
        return self.directory / "linux"

    @property
    def config(self) -> Path:
        """The complete configuration as the kernel was built with."""
        return self.directory / "config"

    @property
    def modules(self) -> Path:
        """The directory of the kernel's own modules, flat."""
        return self.directory / "modules"

    @property
    def tree(self) -> Path:
        """What ``make ARCH=um -C TREE M=DIR modules`` needs, and net/sched for reading."""
        return self.directory / "tree"

    @property
    def getrandom_shim(self) -> Path:
        """Library to preload into ``linux``: getrandom() from the seed in HHF_SEED."""
        return self.directory / "seeded_getrandom.so"

    @property
    def seccomp(self) -> bool:
        """Whether ``seccomp=on`` works, which is faster than ptrace."""
        return series_of(self.release) >= SECCOMP_SINCE

    def module(self, name: str) -> Path:
        """Path of one module, such as ``sch_hhf``. Raises LabFailure if it was not built."""
        path = self.modules / f"{name}.ko"
        if not path.is_file():
            built = ", ".join(sorted(file.stem for file in self.modules.glob("*.ko"))) or "none"
            raise LabFailure(f"kernel {self.release} has no module {name}; its modules: {built}")
        return path


def series_of(release: str) -> tuple[int, int]:
    """Return the two leading numbers: (6, 12) for both "6.12" and "6.12.117-rc1+"."""
    found = re.match(r"(\d+)\.(\d+)", release)
    if not found:
        raise LabFailure(f"{release!r} is no kernel release: two numbers and a dot were expected")
    return int(found[1]), int(found[2])
