# SPDX-License-Identifier: GPL-2.0-or-later
"""What the kernel makes of a time it is given: the value it reports back, in whole microseconds.

A qdisc keeps a time in a unit of its own, so the value read back may differ from the one sent.
These functions say by exactly how much, so that a comparison can allow that and nothing else.
"""

from collections.abc import Callable
from typing import Final

USEC_PER_SEC: Final = 1_000_000
U32: Final = 2**32

Rounding = Callable[[int, int], int]
"""(value sent in us, HZ of the kernel) -> value the kernel reports in us."""


def exact(value: int, hz: int) -> int:
    """Kept as sent."""
    del hz
    return value


def jiffies(value_us: int, hz: int) -> int:
    """Kept in jiffies: ``jiffies_to_usecs(usecs_to_jiffies(us))``, kernel/time/time.c.

    Rounded up to a whole jiffy on the way in, down to a whole microsecond on the way out; the
    latter only shows where HZ does not divide 10**6, such as 300.
    """
    ticks = -(-value_us * hz // USEC_PER_SEC)
    return ticks * USEC_PER_SEC // hz % U32


def codel(value_us: int, hz: int) -> int:
    """Kept in 1024 ns: ``(us * 1000) >> CODEL_SHIFT``, include/net/codel.h. 5000 gives 4999."""
    del hz
    return ((value_us * 1000 >> 10) << 10) // 1000


def psched(value_us: int, hz: int) -> int:
    """Kept in psched ticks of 64 ns: ``PSCHED_NS2TICKS``, include/net/pkt_sched.h."""
    del hz
    return ((value_us * 1000 >> 6) << 6) // 1000
