# SPDX-License-Identifier: GPL-2.0-or-later
"""Queue, link and filter over time, in bins whose width doubles when there would be too many."""

from dataclasses import asdict, dataclass
from typing import Any, Final

MAX_BINS: Final = 1024
FIRST_BIN_NS: Final = 10_000_000  # 10 ms: the grain of a reset interval of 40 ms


@dataclass(slots=True)
class Bin:
    """What happened in one bin of time.

    Attributes:
        arrived_packets, arrived_bytes, busy_ns: sums; the link was busy for packets taken here.
        dropped_heavy_packets, dropped_other_packets, admissions: sums.
        heavy_packets, other_packets, backlog_bytes: the greatest seen, after an arrival.
        known_flows: the most entries in table T (``hh_cur_count``), expired ones included.
        filter_in_use, largest_counter_bytes: the greatest seen, where an interval ended: the
            share of the 4096 counters with a valid bit, and the largest of these; -1 if none ended.
    """

    arrived_packets: int = 0
    arrived_bytes: int = 0
    busy_ns: int = 0
    dropped_heavy_packets: int = 0
    dropped_other_packets: int = 0
    admissions: int = 0
    heavy_packets: int = 0
    other_packets: int = 0
    backlog_bytes: int = 0
    known_flows: int = 0
    filter_in_use: float = -1.0
    largest_counter_bytes: int = -1

    def merge(self, other: "Bin") -> None:
        """Take in the bin that follows."""
        for name in SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in GREATEST:
            setattr(self, name, max(getattr(self, name), getattr(other, name)))


SUMS: Final = (
    "arrived_packets",
    "arrived_bytes",
    "busy_ns",
    "dropped_heavy_packets",
    "dropped_other_packets",
    "admissions",
)
GREATEST: Final = tuple(name for name in Bin.__slots__ if name not in SUMS)
FILTER: Final = ("filter_in_use", "largest_counter_bytes")


class Series:
    """The bins from the first packet on."""

    def __init__(self, max_bins: int = MAX_BINS) -> None:
        self._max_bins = max_bins
        self._bins = [Bin()]
        self.width_ns = FIRST_BIN_NS

    def at(self, since_ns: int) -> Bin:
        """Return the bin of a time since the first packet."""
        number = since_ns // self.width_ns
        if number < len(self._bins):
            return self._bins[number]
        while number >= self._max_bins:
            self._halve()
            number = since_ns // self.width_ns
        self._bins.extend(Bin() for _ in range(number + 1 - len(self._bins)))
        return self._bins[number]

    def _halve(self) -> None:
        pairs = zip(self._bins[::2], [*self._bins[1::2], Bin()], strict=False)
        self._bins = []
        for first, second in pairs:
            first.merge(second)
            self._bins.append(first)
        self.width_ns *= 2

    def rows(self) -> list[dict[str, Any]]:
        """Return one row per bin: its start in seconds since the first packet, and its values.

        The filter's values are None where no interval ended.
        """
        return [self._row(number, bin_) for number, bin_ in enumerate(self._bins)]

    def _row(self, number: int, bin_: Bin) -> dict[str, Any]:
        values = {"time_s": round(number * self.width_ns / 1e9, 9), **asdict(bin_)}
        for name in FILTER:
            values[name] = None if values[name] < 0 else values[name]
        return values
