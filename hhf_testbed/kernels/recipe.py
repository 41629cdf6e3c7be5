# SPDX-License-Identifier: GPL-2.0-or-later
"""Everything that a kernel is made from. Its digest is the kernel's key in the cache."""

import hashlib
import json
import platform
import subprocess
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Self

from hhf_testbed.kernels import fragments, patches
from hhf_testbed.kernels.kernel import series_of
from hhf_testbed.paths import package_dir

FORMAT = 1
"""Raised by hand when the make commands or the files kept in the cache change."""


@dataclass(frozen=True)
class Recipe:
    """The ingredients. An empty text means "not known here", which any kernel satisfies.

    ``name`` is the series, ``source`` the package with its version, ``hz`` in ticks per second.
    """

    name: str
    hz: int
    source: str
    fragments_sha256: str
    patches_sha256: str
    shim_sha256: str
    compiler: str
    machine: str
    format: int = FORMAT

    @classmethod
    def of(cls, name: str, hz: int, source: str) -> Self:
        """Return the recipe for this machine and this version of the package."""
        return cls(
            name=name,
            hz=hz,
            source=source,
            fragments_sha256=digest(fragments.shipped()),
            patches_sha256=_file_digest(patches.__file__),
            shim_sha256=_file_digest(str(shim_source())),
            compiler=compiler(),
            machine=platform.machine(),
        )

    @property
    def key(self) -> str:
        """Digest of all ingredients, as 64 hexadecimal digits."""
        return digest(json.dumps(asdict(self), sort_keys=True))

    @property
    def directory_name(self) -> str:
        """Where the cache keeps the kernel: readable, and unique through the key."""
        return f"{self.name}-{self.hz}hz-{self.key[:12]}"

    def satisfied_by(self, made: "Recipe") -> bool:
        """Tell whether a kernel made by ``made`` is what this recipe asks for."""
        pairs = ((getattr(self, field.name), getattr(made, field.name)) for field in fields(self))
        return all(wanted in ("", actual) for wanted, actual in pairs)

    @property
    def series(self) -> tuple[int, int]:
        """The series as numbers, to find the newest."""
        return series_of(self.name)


def shim_source() -> Path:
    """C source of the getrandom() replacement."""
    return package_dir() / "kernels" / "seeded_getrandom.c"


def compiler() -> str:
    """The first line of what gcc says of itself, or an empty text without gcc."""
    try:
        done = subprocess.run(["gcc", "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.partition("\n")[0]


def digest(text: str) -> str:
    """SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def _file_digest(file: str) -> str:
    return digest(Path(file).read_text())
