# SPDX-License-Identifier: GPL-2.0-or-later
"""Finds the first byte in which two runs differ."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from hhf_testbed.store.run_directory import MANIFEST, RECORD

CHUNK_BYTES = 1 << 20
SHOWN_BYTES = 40

NAME_VERSIONS = (RECORD, "report.html")
"""Files that name the program and the libraries which made them."""

ORDER = ("trials/", "summary.json", "claims.json", "figures/", "report.txt", *NAME_VERSIONS[::-1])
"""Causes before their effects: the first file that differs is then the one that tells why."""


@dataclass(frozen=True)
class Comparison:
    """How many files were compared, and one sentence about the first difference, if any."""

    files: int
    difference: str


def compare_runs(one: Path, other: Path, *, leave_out: Collection[str] = ()) -> Comparison:
    """Compare two finished runs file by file; ``host.json`` is not part of a manifest.

    What was measured is compared before what was made of it.
    """
    files, others = _files(one, leave_out), _files(other, leave_out)
    for name in sorted(files.keys() | others.keys(), key=_rank):
        if name not in others:
            return Comparison(len(files), f"{name} is only in {one}")
        if name not in files:
            return Comparison(len(files), f"{name} is only in {other}")
        if files[name] != others[name]:
            return Comparison(len(files), first_difference(name, one / name, other / name))
    return Comparison(len(files), "")


def first_difference(name: str, one: Path, other: Path) -> str:
    """Return a sentence that shows the first byte in which two files differ."""
    offset = 0
    with one.open("rb") as a, other.open("rb") as b:
        while True:
            left, right = a.read(CHUNK_BYTES), b.read(CHUNK_BYTES)
            if left != right or not left:
                break
            offset += len(left)
    at = next(
        (i for i, (x, y) in enumerate(zip(left, right, strict=False)) if x != y),
        min(len(left), len(right)),
    )
    return (
        f"{name} differs from byte {offset + at} on: "
        f"{_shown(left[at:])} there, {_shown(right[at:])} here"
    )


def _shown(data: bytes) -> str:
    return repr(data[:SHOWN_BYTES]) if data else "the end"


def _rank(name: str) -> tuple[int, str]:
    return next((i for i, start in enumerate(ORDER) if name.startswith(start)), len(ORDER)), name


def _files(directory: Path, leave_out: Collection[str]) -> dict[str, str]:
    files = json.loads((directory / MANIFEST).read_text())["files"]
    return {name: digest for name, digest in files.items() if name not in leave_out}
