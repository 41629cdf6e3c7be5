# SPDX-License-Identifier: GPL-2.0-or-later
"""Everything that a kernel is made from. Its digest is the kernel's key in the cache."""

import hashlib
import json
import platform
import subprocess
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Self

from hhf_testbed.kernels import fragments, old_patches, patches
from hhf_testbed.kernels.kernel import series_of
from hhf_testbed.paths import package_dir

FORMAT = 1
"""Raised by hand when the make commands or the files kept in the cache change."""


OPTIONAL = ("extra_sha256", "old_patches_sha256")
"""Ingredients that most kernels do not have."""


@dataclass(frozen=True)
class Recipe:
    """The ingredients. An empty text means "not known here", which any kernel satisfies.

    ``name`` begins with the series, ``source`` is the package with its version or the digest of a
    tree, ``hz`` in ticks per second. The last two are empty for most kernels, and then no part of
    the key.
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
    extra_sha256: str = ""
    old_patches_sha256: str = ""

    @classmethod
    def of(cls, name: str, hz: int, source: str, extra: str = "") -> Self:
        """Return the recipe for this machine, this source, and ``extra`` Kconfig lines."""
        old = bool(name) and series_of(name) < old_patches.NEEDED_BEFORE
        return cls(
            name=name,
            hz=hz,
            source=source,
            fragments_sha256=digest(fragments.shipped()),
            patches_sha256=_file_digest(patches.__file__),
            shim_sha256=_file_digest(str(shim_source())),
            compiler=compiler(),
            machine=platform.machine(),
            extra_sha256=digest(extra) if extra else "",
            old_patches_sha256=_file_digest(old_patches.__file__) if old else "",
        )

    @property
    def key(self) -> str:
        """Digest of all ingredients, as 64 hexadecimal digits."""
        known = asdict(self)
        for name in OPTIONAL:
            if not known[name]:
                del known[name]
        return digest(json.dumps(known, sort_keys=True))

    @property
    def directory_name(self) -> str:
        """Where the cache keeps the kernel: readable, and unique through the key."""
        return f"{self.name}-{self.hz}hz-{self.key[:12]}"

    def satisfied_by(self, made: "Recipe") -> bool:
        """Tell whether a kernel made by ``made`` is what this recipe asks for."""
        pairs = ((getattr(self, field.name), getattr(made, field.name)) for field in fields(self))
        return all(wanted in ("", actual) for wanted, actual in pairs)


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
