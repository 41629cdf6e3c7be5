# SPDX-License-Identifier: GPL-2.0-or-later
"""Filter F: four arrays of counters that find flows sending much, without one entry per flow.

A packet of L bytes looks at one counter in each array. Flows share counters, so a counter is an
upper bound on what any one of its flows has sent since the last reset, and the smallest of the
four is the best bound. If even that, plus L, exceeds ``admit_bytes``, the flow is a heavy hitter.

Mirrors the filter's part of ``hhf_classify`` in net/sched/sch_hhf.c, read in the versions of 2013
and 6.12.117, where it is the same.
"""

from hhf_testbed.model.hashing import ARRAY_COUNTERS, ARRAYS
from hhf_testbed.model.jiffies import U32_MAX, time_before


class CounterArray:
    """1024 counters of 32 bits, each with a valid bit. A counter that is not valid counts as 0.

    The bits are there for speed: a reset in the kernel clears 128 bytes instead of 4096.
    """

    __slots__ = ("counters_bytes", "valid")

    def __init__(self) -> None:
        self.counters_bytes = [0] * ARRAY_COUNTERS
        self.valid = [False] * ARRAY_COUNTERS

    def invalidate(self) -> None:
        """Clear the valid bits, and so every counter (``bitmap_zero``)."""
        self.valid = [False] * ARRAY_COUNTERS

    def read(self, position: int) -> int:
        """Return one counter, which is valid from now on."""
        if not self.valid[position]:
            self.counters_bytes[position] = 0
            self.valid[position] = True
        return self.counters_bytes[position]

    def raise_to(self, position: int, floor_bytes: int) -> None:
        """Lift one counter to ``floor_bytes`` unless it is there already."""
        if self.counters_bytes[position] < floor_bytes:
            self.counters_bytes[position] = floor_bytes


class MultistageFilter:
    """The four arrays and the time at which they were last reset."""

    __slots__ = ("arrays", "reset_at_jiffies")

    def __init__(self, now_jiffies: int) -> None:
        self.arrays = [CounterArray() for _ in range(ARRAYS)]
        self.reset_at_jiffies = now_jiffies

    def reset(self, now_jiffies: int) -> None:
        """Forget all bytes counted so far."""
        for array in self.arrays:
            array.invalidate()
        self.reset_at_jiffies = now_jiffies

    def refresh(self, now_jiffies: int, timeout_jiffies: int) -> None:
        """Reset if *more* than the time-out has passed: T ticks make a period of T + 1.

        No timer runs; the first packet after the deadline resets, and the next period starts
        with that packet, not with the deadline.
        """
        deadline_jiffies = (self.reset_at_jiffies + timeout_jiffies) & U32_MAX
        if time_before(deadline_jiffies, now_jiffies):
            self.reset(now_jiffies)

    def smallest_sum_bytes(self, positions: list[int], len_bytes: int) -> int:
        """Return the smallest of the flow's four counters with this packet added to each.

        Each sum is cut to 32 bits before they are compared, as in C. That shows only if
        ``admit_bytes`` is within one packet of 2**32.
        """
        smallest_bytes = U32_MAX
        for i in range(ARRAYS):
            sum_bytes = (self.arrays[i].read(positions[i]) + len_bytes) & U32_MAX
            if sum_bytes < smallest_bytes:
                smallest_bytes = sum_bytes
        return smallest_bytes

    def record(self, positions: list[int], smallest_sum_bytes: int) -> None:
        """Lift the flow's counters to ``smallest_sum_bytes``, and none higher than needed.

        This is the conservative update (optimisation O2; [EV02] section 3.3.2). Adding L to all
        four would also be safe, but would make innocent flows look heavier.
        """
        for i in range(ARRAYS):
            self.arrays[i].raise_to(positions[i], smallest_sum_bytes)
