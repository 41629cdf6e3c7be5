# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernels of the cache as ``hhf kernel list`` shows them."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hhf_testbed.errors import LabFailure
from hhf_testbed.kernels import Kernel, cache, in_use, obtain
from hhf_testbed.kernels.cache import Entry
from hhf_testbed.recognise import remembered


@dataclass(frozen=True)
class Row:
    """One kernel; the fields are those of ``--json``. ``last_use_s`` is in seconds since 1970."""

    name: str
    release: str
    hz: int
    size_bytes: int
    config_sha256: str
    source: str
    profile: str
    health: str
    last_use_s: float | None
    path: str


def row(entry: Entry) -> Row:
    """Look at one kernel, checking every byte."""
    known = entry.kernel
    return Row(
        name=known.name if known else "?",
        release=known.release if known else "?",
        hz=known.hz if known else 0,
        size_bytes=entry.size_bytes,
        config_sha256=known.config_sha256 if known else "",
        source=known.source if known else "",
        profile=_profile(known) if known else "?",
        health=_health(entry),
        last_use_s=in_use.last_use_s(entry.directory),
        path=str(entry.directory),
    )


def _profile(kernel: Kernel) -> str:
    """The newest kernel that it was seen to behave like; "?" until it is probed."""
    try:
        found = remembered(kernel)
    except LabFailure:  # it is damaged
        return "?"
    if found is None:
        return "?"
    return found.profiles[-1] if found.profiles else "none"


def _health(entry: Entry) -> str:
    if problem := cache.inspect(entry):
        return f"damaged: {problem}"
    return "good" if obtain.is_current(entry) else "old"


def lines(rows: Sequence[Row]) -> Iterator[str]:
    """Align the columns; the path, last, is never cut."""
    cells = [("name", "release", "HZ", "size", "config", "profile", "last use", "health", "path")]
    cells += [
        (
            *(known.name, known.release, str(known.hz)),
            *(f"{known.size_bytes / 1e6:.0f} MB", known.config_sha256[:12]),
            *(known.profile, _date(known.last_use_s), known.health, known.path),
        )
        for known in rows
    ]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        yield "  ".join(map(str.ljust, line, widths)).rstrip()


def _date(seconds: float | None) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(seconds)) if seconds is not None else "?"
