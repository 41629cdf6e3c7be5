# SPDX-License-Identifier: GPL-2.0-or-later
"""Queue, filter and table over time, in bins whose width doubles when there would be too many."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

MAX_BINS: Final = 1024
FIRST_BIN_NS: Final = 10_000_000  # 10 ms: the grain of a reset interval of 40 ms


@dataclass(slots=True)
class Bin:
    """What happened in one bin of time.

    Attributes:
        arrived_packets, arrived_bytes, arrived_heavy_bytes, sent_packets, sent_bytes: sums.
        dropped_heavy_packets, dropped_other_packets: sums.
        heavy_packets, heavy_bytes, other_packets, other_bytes: the greatest queue, by bucket.
        known_flows: the most entries in table T (``hh_cur_count``), expired ones included.
        in_use_0 to in_use_3: per array of filter F, the greatest share of its 1024 counters with a
            valid bit where an interval ended; -1 if none ended.
        largest_counter_bytes: the largest of these; -1 if none ended.
    """

    arrived_packets: int = 0
    arrived_bytes: int = 0
    arrived_heavy_bytes: int = 0
    sent_packets: int = 0
    sent_bytes: int = 0
    dropped_heavy_packets: int = 0
    dropped_other_packets: int = 0
    heavy_packets: int = 0
    heavy_bytes: int = 0
    other_packets: int = 0
    other_bytes: int = 0
    known_flows: int = 0
    in_use_0: float = -1.0
    in_use_1: float = -1.0
    in_use_2: float = -1.0
    in_use_3: float = -1.0
    largest_counter_bytes: int = -1

    def merge(self, other: "Bin") -> None:
        """Take in the bin that follows."""
        for name in SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in GREATEST:
            setattr(self, name, max(getattr(self, name), getattr(other, name)))


COLUMNS: Final = ("time_s", *(field.name for field in fields(Bin)))
SUMS: Final = COLUMNS[1:8]
GREATEST: Final = COLUMNS[8:]
IN_USE: Final = COLUMNS[-5:-1]
FILTER: Final = COLUMNS[-5:]


class Series:
    """The bins from time 0 on.

    Args:
        new_bin: makes a bin that has just begun; those before it are over.
        max_bins: how many there may be.

    Attributes:
        width_ns: of each bin.
        halvings: how often the width has doubled.
    """

    def __init__(self, new_bin: Callable[[], Bin] = Bin, max_bins: int = MAX_BINS) -> None:
        self._new_bin, self._max_bins = new_bin, max_bins
        self._bins = [new_bin()]
        self.width_ns = FIRST_BIN_NS
        self.halvings = 0

    def number(self, since_ns: int) -> int:
        """Return the number of the bin of a time, which exists from now on."""
        number = since_ns // self.width_ns
        if number < len(self._bins):
            return number
        while number >= self._max_bins:
            self._halve()
            number = since_ns // self.width_ns
        self._bins.extend(self._new_bin() for _ in range(number + 1 - len(self._bins)))
        return number

    def at(self, since_ns: int) -> Bin:
        """Return the bin of a time."""
        number = self.number(since_ns)  # may replace the list
        return self._bins[number]

    def _halve(self) -> None:
        pairs = zip(self._bins[::2], [*self._bins[1::2], Bin()], strict=False)
        self._bins = []
        for first, second in pairs:
            first.merge(second)
            self._bins.append(first)
        self.width_ns *= 2
        self.halvings += 1

    def __len__(self) -> int:
        return len(self._bins)

    def rows(self) -> list[dict[str, Any]]:
        """Return one row per bin: its start in seconds, and its values.

        The filter's values are None where no interval ended.
        """
        return [self._row(number, bin_) for number, bin_ in enumerate(self._bins)]

    def _row(self, number: int, bin_: Bin) -> dict[str, Any]:
        values = {"time_s": round(number * self.width_ns / 1e9, 9), **asdict(bin_)}
        for name in FILTER:
            values[name] = None if values[name] < 0 else values[name]
        return values
