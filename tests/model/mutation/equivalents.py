# SPDX-License-Identifier: GPL-2.0-or-later
"""The mutants that no test can tell from the model, each with the reason (equivalent.toml)."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).with_name("equivalent.toml")
Name = tuple[str, str, str, str]


@dataclass(frozen=True)
class Equivalent:
    """One entry: a line, what it may be changed to, and why nobody could notice.

    Attributes:
        file: name of the source file.
        function: where in it, such as ``Hhf.enqueue``.
        before: the line as it is.
        after: the line as each of the mutants has it.
        reason: why they do the same, whatever is asked of the model.
    """

    file: str
    function: str
    before: str
    after: list[str]
    reason: str


def entries() -> list[Equivalent]:
    """Return what the file says."""
    return [Equivalent(**e) for e in tomllib.loads(FILE.read_text("utf-8"))["equivalent"]]


def named(files: set[str]) -> set[Name]:
    """Return the names of the equivalent mutants of these files."""
    return {
        (entry.file, entry.function, entry.before, after)
        for entry in entries()
        if entry.file in files
        for after in entry.after
    }
