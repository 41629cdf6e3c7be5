# SPDX-License-Identifier: GPL-2.0-or-later
"""A kernel tree of one's own. It is read, never written to: what is built is a copy.

The key is made from the content, so that an edit makes another kernel, and undoing it finds the
old one again; the git revision is recorded for people.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from hhf_testbed.errors import RequestError
from hhf_testbed.kernels import git, plain_tree
from hhf_testbed.kernels.kernel import series_of
from hhf_testbed.progress import Reporter

OLDEST = (5, 10)
"""Oldest series that was tried; before 5.4 there was no virtual time (arch/um/kernel/time.c)."""

HEAD_CHARACTERS = 2000
"""The version is in the first lines of a kernel's Makefile."""

NEEDED = ("arch/um/Kconfig", "arch/x86/um/Makefile", "net/sched/sch_hhf.c")
"""Files without which a tree cannot become a kernel to test HHF on."""


@dataclass(frozen=True)
class Tree:
    """A kernel tree as it was when it was read. ``content`` is a digest of all that matters."""

    directory: Path
    series: str
    content: str
    revision: str

    @classmethod
    def read(cls, directory: Path) -> "Tree":
        """Look at a tree. Raises RequestError for what is none, or one too old."""
        series = _series(directory)
        if git.knows(directory, NEEDED[0]):
            content, revision = git.describe(directory)
        else:
            content, revision = plain_tree.digest(directory), "not read through git"
        return cls(directory.resolve(), series, content, revision)

    @property
    def label(self) -> str:
        """What the kernel is called."""
        return f"{self.series}-tree"

    @property
    def identity(self) -> str:
        """What the kernel's key records as its source."""
        return f"tree {self.content}"

    @property
    def described(self) -> str:
        """Where it came from, for people."""
        return f"tree {self.directory} ({self.revision})"

    def copy(self, into: Path, reporter: Reporter) -> None:
        """Copy what a UML build reads. Raises LabFailure if the tree has changed meanwhile."""
        if self.content.startswith(git.PREFIX):
            git.copy(self.directory, self.content, into, reporter)
        else:
            plain_tree.copy(self.directory, self.content, into, reporter)


def _series(directory: Path) -> str:
    makefile = directory / "Makefile"
    try:
        with makefile.open(encoding="utf-8", errors="replace") as stream:
            head = stream.read(HEAD_CHARACTERS)
    except OSError as error:
        raise _no_tree(directory, f"{makefile}: {error.strerror}") from None
    found = re.search(r"^VERSION = (\d+)\nPATCHLEVEL = (\d+)\n", head, flags=re.MULTILINE)
    if not found:
        raise _no_tree(directory, "its Makefile states no VERSION and PATCHLEVEL")
    for name in NEEDED:
        if not (directory / name).is_file():
            raise _no_tree(directory, f"it has no {name}")
    series = f"{found[1]}.{found[2]}"
    if series_of(series) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise RequestError(f"{directory} is Linux {series}; allowed is {oldest} or newer")
    return series


def _no_tree(directory: Path, why: str) -> RequestError:
    return RequestError(f"{directory} is no kernel tree to test HHF on: {why}")
