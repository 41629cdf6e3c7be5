# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian's suites that carry a kernel source this testbed can build, and why each is asked.

The main archive is asked: what it holds of a released suite changes with point releases only, so
that two machines build the same kernel. The security archive is asked where it must be.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

SUITES: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "bullseye": ("5.10",),  # HHF before its fixes of 2025 and 2026 were backported
        "bookworm": ("6.1", "6.12"),  # two generations in one suite
        "trixie": ("6.12",),  # the same series as bookworm's, at another point of its fixes
        "sid": (),  # the newest that Debian has; which series that is changes every ten weeks
    }
)
"""Series by suite, oldest suite first. The series only say which suite to ask first."""

SECURITY = ("bookworm",)
"""Suites whose security archive is asked too: bookworm's 6.12 is in no other. trixie's is not: its
point release lacks fixes that bookworm's 6.12 has, which makes it worth having."""

ALIASES = ("oldoldstable", "oldstable", "stable", "testing", "unstable", "buster", "forky", "duke")
"""Other names of the main archive's suites, by which a machine's settings may call it."""


def order(series: str) -> list[str]:
    """Return every suite, those first that are known to carry ``series``, then the newest."""
    newest_first = list(SUITES)[::-1]
    return sorted(newest_first, key=lambda suite: series not in SUITES[suite])
