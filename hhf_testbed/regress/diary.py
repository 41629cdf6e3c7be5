# SPDX-License-Identifier: GPL-2.0-or-later
"""What a claim did and what it saw, line by line; shown when it is refuted."""

from itertools import groupby
from typing import Final

from hhf_testbed.regress.wire import Left

MOST_LINES: Final = 120


class Diary:
    """A list of lines."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def note(self, line: str) -> None:
        """Add a line."""
        self._lines.append(line)

    def departures(self, name: str, left: list[Left]) -> None:
        """Add what left, runs of one flow and length taken together."""
        if not left:
            self.note(f"{name}: nothing left")
        for (flow, size), run in groupby(left, lambda one: (one.flow, one.len_bytes)):
            numbers = [one.number for one in run]
            packets = f"{numbers[0]}" + (f" to {numbers[-1]}" if len(numbers) > 1 else "")
            whose = f"flow {flow}, packet {packets}" if flow >= 0 else f"{len(numbers)} frames"
            self.note(f"{name}: left: {whose}, {size} bytes")

    def lines(self) -> list[str]:
        """Return the lines; of too many the first and, above all, the last."""
        if len(self._lines) <= MOST_LINES:
            return list(self._lines)
        first, last = MOST_LINES // 4, MOST_LINES * 3 // 4
        gap = f"... {len(self._lines) - first - last} lines"
        return [*self._lines[:first], gap, *self._lines[-last:]]
