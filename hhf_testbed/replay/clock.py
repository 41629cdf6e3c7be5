# SPDX-License-Identifier: GPL-2.0-or-later
"""The time of a capture, made to run forwards, and the kernel's ticks in it."""

from typing import Final

from hhf_testbed.measure.records import Place
from hhf_testbed.model.jiffies import U32_MAX, initial_jiffies

NS_PER_S: Final = 1_000_000_000
MAX_BACKWARDS_NS: Final = NS_PER_S
"""Captures from several processors step back by microseconds; more than a second is damage."""


class Clock:
    """Turns time stamps into times that never run backwards, and into jiffies.

    A time stamp older than one before it is replaced by the latest so far, and counted: the file's
    order is taken as the order of arrival.

    Args:
        start_ns: the first time.
        hz: ticks per second.
        boot_ns: when the kernel started, which is the start of a tick; by default ``start_ns``.

    Attributes:
        start_ns: zero of all times in seconds.
        now_ns: the latest time.
        clamped, most_backwards_ns: time stamps that were replaced, and by how much at most.
    """

    def __init__(self, start_ns: int, hz: int, boot_ns: int | None = None) -> None:
        self.start_ns = self.now_ns = start_ns
        self._boot_ns = start_ns if boot_ns is None else boot_ns
        self.clamped = self.most_backwards_ns = 0
        self._hz = hz
        self.initial_jiffies = initial_jiffies(hz)

    def advance(self, stamp_ns: int, place: Place) -> int:
        """Return the time of a packet with this time stamp.

        Raises:
            DamagedCapture: time runs back by more than a second, or forward by so much that HHF's
                32-bit clock would take it for backwards.
        """
        step_ns = stamp_ns - self.now_ns
        if step_ns >= 0:
            self._check_jump(step_ns, place)
            self.now_ns = stamp_ns
        elif -step_ns <= MAX_BACKWARDS_NS:
            self.clamped += 1
            self.most_backwards_ns = max(self.most_backwards_ns, -step_ns)
        else:
            raise place.damaged(
                f"is {-step_ns / NS_PER_S:.6f} s older than one before it; allowed is up to 1 s"
            )
        return self.now_ns

    def _check_jump(self, step_ns: int, place: Place) -> None:
        most_ns = ((1 << 31) - 1) * NS_PER_S // self._hz
        if step_ns >= most_ns:
            days = 86_400 * NS_PER_S
            raise place.damaged(
                f"comes {step_ns / days:.1f} days after the one before it; HHF's 32-bit clock "
                f"cannot tell pauses from {most_ns / days:.1f} days on"
            )

    def jiffies(self) -> int:
        """Return the time in ticks of 32 bits."""
        return (
            (self.now_ns - self._boot_ns) * self._hz // NS_PER_S + self.initial_jiffies
        ) & U32_MAX

    def ticks_later_ns(self, time_ns: int, ticks: int) -> int:
        """Return when the tick begins that comes so many after the one with ``time_ns`` in it."""
        tick = (time_ns - self._boot_ns) * self._hz // NS_PER_S + ticks
        return self._boot_ns + -(-tick * NS_PER_S // self._hz)
