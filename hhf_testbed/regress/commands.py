# SPDX-License-Identifier: GPL-2.0-or-later
"""Commands of iproute2 and ping, as a person would type them, and what they print."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from hhf_testbed.regress.expect import Refuted, equal
from hhf_testbed.regress.rig import Rig

DEADLINE_S: Final = 60.0
"""By the guest's clock: 12 s is the longest that ``ping -c2`` without answer waits."""


@dataclass(frozen=True)
class Said:
    """What a command printed, both streams, and its exit status."""

    status: int
    text: str


class Commands:
    """Runs commands for a claim, and notes them in its diary."""

    def __init__(self, rig: Rig) -> None:
        self._diary = rig.diary

    def run(self, line: str) -> Said:
        """Run one command; its words are what is between the blanks, for no shell reads them.

        Raises:
            Refuted: it did not end within ``DEADLINE_S``.
        """
        try:
            done = subprocess.run(
                line.split(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True, errors="replace", timeout=DEADLINE_S,
                close_fds=False, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise Refuted(line, "that it ends", f"it had not after {DEADLINE_S:g} s") from None
        self._diary.note(f"$ {line}: exit status {done.returncode}")
        for shown in done.stdout.splitlines():
            self._diary.note(f"    {shown}")
        return Said(done.returncode, done.stdout)

    def must(self, *lines: str) -> None:
        """Run commands that must succeed. Raises Refuted."""
        for line in lines:
            self.exits(line, 0)

    def exits(self, line: str, status: int) -> None:
        """Claim that a command ends with this exit status."""
        equal(f"exit status of {line}", self.run(line).status, status)

    def shows(self, line: str, pattern: str, times: int = 1) -> None:
        """Claim that a command prints what matches the pattern, so many times."""
        said = self.run(line)
        if len(re.findall(pattern, said.text)) != times:
            raise Refuted(line, f"{times} times {pattern}", said.text.strip())

    @contextmanager
    def undone(self, line: str) -> Iterator[None]:
        """Run ``line`` at the end, whatever happens."""
        try:
            yield
        finally:
            self.run(line)
