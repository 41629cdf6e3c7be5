# SPDX-License-Identifier: GPL-2.0-or-later
"""How full filter F is."""

from dataclasses import dataclass
from itertools import compress

from hhf_testbed.model.multistage_filter import MultistageFilter


@dataclass(frozen=True, slots=True)
class FilterLoad:
    """Per array: the share of its counters with a valid bit, and the largest of these, in bytes."""

    in_use: tuple[float, ...]
    largest_bytes: tuple[int, ...]

    @property
    def mean_in_use(self) -> float:
        """The share of all counters."""
        return sum(self.in_use) / len(self.in_use)


def filter_load(filter_: MultistageFilter) -> FilterLoad:
    """Measure the filter; it takes longer than a packet."""
    return FilterLoad(
        tuple(sum(array.valid) / len(array.valid) for array in filter_.arrays),
        tuple(
            max(compress(array.counters_bytes, array.valid), default=0) for array in filter_.arrays
        ),
    )
