# SPDX-License-Identifier: GPL-2.0-or-later
"""Percentiles of any number of values in constant memory.

A histogram whose bins grow with the value: each power of two is cut into 128 equal bins, as in Gil
Tene's HdrHistogram. A value is known to 1/128 of itself, and as the middle of its bin to 1/256,
which is 0.4 %. Values below 256 ns, the least, the greatest and the sum are exact.
"""

from typing import Final

SUB_BITS: Final = 7
BINS_PER_OCTAVE: Final = 1 << SUB_BITS
EXACT_BELOW: Final = 2 * BINS_PER_OCTAVE
RELATIVE_ERROR: Final = 1 / (2 * BINS_PER_OCTAVE)
MAX_BITS: Final = 64
PERCENTILES: Final = (50, 95, 99)


class Histogram:
    """Values of 0 and more, in nanoseconds."""

    __slots__ = ("_bins", "count", "greatest_ns", "least_ns", "sum_ns")

    def __init__(self) -> None:
        self._bins = [0] * ((MAX_BITS - SUB_BITS + 1) * BINS_PER_OCTAVE)
        self.count = 0
        self.sum_ns = 0
        self.least_ns = 0
        self.greatest_ns = 0

    def add(self, value_ns: int) -> None:
        """Count one value."""
        shift = max(0, value_ns.bit_length() - SUB_BITS - 1)
        self._bins[(shift << SUB_BITS) + (value_ns >> shift)] += 1
        if not self.count or value_ns < self.least_ns:
            self.least_ns = value_ns
        if value_ns > self.greatest_ns:
            self.greatest_ns = value_ns
        self.count += 1
        self.sum_ns += value_ns

    def percentile_ns(self, percent: float) -> int | None:
        """Return the nearest-rank percentile, or None if there is no value."""
        if not self.count:
            return None
        rank = max(1, -(-self.count * percent // 100))
        seen = 0
        for index, count in enumerate(self._bins):
            seen += count
            if seen >= rank:
                return min(max(_middle_ns(index), self.least_ns), self.greatest_ns)
        raise AssertionError("more values than counted")

    def to_json(self) -> dict[str, float | int | None]:
        """Return count, percentiles and extremes; times in milliseconds."""
        found: dict[str, float | int | None] = {"packets": self.count}
        for percent in PERCENTILES:
            found[f"p{percent}_ms"] = _ms(self.percentile_ns(percent))
        found["max_ms"] = _ms(self.greatest_ns) if self.count else None
        found["mean_ms"] = _ms(self.sum_ns / self.count) if self.count else None
        return found


def _middle_ns(index: int) -> int:
    """Return the value that stands for a bin: itself below 256, else the middle."""
    if index < EXACT_BELOW:
        return index
    shift = (index >> SUB_BITS) - 1
    return ((index - (shift << SUB_BITS)) << shift) + (1 << shift >> 1)


def _ms(value_ns: float | None) -> float | None:
    return None if value_ns is None else round(value_ns / 1e6, 6)
