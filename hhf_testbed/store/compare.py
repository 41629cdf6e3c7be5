# SPDX-License-Identifier: GPL-2.0-or-later
"""Finds the first byte in which two runs differ."""

import json
from dataclasses import dataclass
from pathlib import Path

from hhf_testbed.store.run_directory import MANIFEST

CHUNK_BYTES = 1 << 20
SHOWN_BYTES = 40


@dataclass(frozen=True)
class Comparison:
    """How many files were compared, and one sentence about the first difference, if any."""

    files: int
    difference: str


def compare_runs(one: Path, other: Path) -> Comparison:
    """Compare two finished runs file by file; ``host.json`` is not part of a manifest."""
    files, others = _files(one), _files(other)
    for name in sorted(files.keys() | others.keys()):
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


def _files(directory: Path) -> dict[str, str]:
    files = json.loads((directory / MANIFEST).read_text())["files"]
    assert isinstance(files, dict)
    return files
