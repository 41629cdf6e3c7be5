# SPDX-License-Identifier: GPL-2.0-or-later
"""In which bins what happened to a flow: one bit per bin, so a flow takes little memory."""

from typing import Final

LIGHT, HEAVY, MISSED, ADMITTED, EVICTED, DROPPED = range(6)
KINDS: Final = 6


class Marks:
    """A bit mask per kind; bit n stands for bin n of a ``Series`` with as many ``halvings``."""

    __slots__ = ("_bits", "_halvings")

    def __init__(self, halvings: int) -> None:
        self._bits = [0] * KINDS
        self._halvings = halvings

    def set(self, kind: int, number: int, halvings: int) -> None:
        """Mark a bin of a series that has doubled its width so often."""
        if halvings != self._halvings:
            self._catch_up(halvings)
        self._bits[kind] |= 1 << number

    def add(self, other: "Marks", halvings: int) -> None:
        """Mark what another has marked, too."""
        for marks in (self, other):
            marks._catch_up(halvings)
        self._bits = [mine | its for mine, its in zip(self._bits, other._bits, strict=True)]

    def bins(self, kind: int, halvings: int) -> list[int]:
        """Return the numbers of the bins that are marked, in order."""
        self._catch_up(halvings)
        bits, found = self._bits[kind], []
        while bits:
            lowest = bits & -bits
            found.append(lowest.bit_length() - 1)
            bits ^= lowest
        return found

    def _catch_up(self, halvings: int) -> None:
        while self._halvings < halvings:
            self._bits = [join_pairs(bits) for bits in self._bits]
            self._halvings += 1


def join_pairs(bits: int) -> int:
    """Return the mask in which bit n stands for the bits 2n and 2n + 1.

    As a string of bits: those at even places, or those at odd ones, taken from the end.
    """
    text = f"{bits:b}"[::-1]
    low, high = text[::2], text[1::2]
    return int(low[::-1] or "0", 2) | int(high[::-1] or "0", 2)
