# SPDX-License-Identifier: GPL-2.0-or-later
"""The numbers of an HTB class that shapes smoothly and exactly to one rate.

HTB (net/sched/sch_htb.c) lets a class send whenever it owes nothing, then charges the packet's
time; credit for time not used is kept up to ``burst``. So after an idle spell at most
``burst`` + 1 packet leave back to back, and a timer that fires late by more than ``burst`` is
worth loses its credit for ever. Both ask for a burst that is small and just not too small:

    burst = one largest frame + what the rate sends in the slack

The frame keeps the credit of a packet in transmission; the slack covers late timers. In virtual
time only clock reads (256 ns each) make a timer late. Measured there on 6.12.117, 600 frames of
1514 bytes queued at once, departures against ``service_ns``, 1 Mbit/s to 40 Gbit/s: with a slack
of 1 us the rate is that of ``service_ns`` within 0.006 % and at most 3 + 1 frames leave back to
back; with none 40 Gbit/s becomes 23; with 10 us 33 + 1 frames leave at once at 40 Gbit/s.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

from hhf_testbed.errors import RequestError
from hhf_testbed.units import format_rate

MIN_RATE_BPS: Final = 1_000
"""HTB forgets what a class owes beyond 60 s; a 1514-byte frame at 1 kbit/s takes 12 s."""
MAX_RATE_BPS: Final = 100 * 10**9
"""A frame takes 121 ns then; HTB counts whole nanoseconds (see ``service_ns``)."""
VIRTUAL_SLACK_US: Final = 1
REAL_SLACK_US: Final = 100
"""For guests in real time: a late softirq costs tens of microseconds there (an assumption)."""
TICK_NS: Final = 64
"""One psched tick: ``PSCHED_SHIFT`` 6, include/net/pkt_sched.h."""
_NS_PER_S: Final = 10**9


@dataclass(frozen=True, slots=True)
class Shaper:
    """One HTB class, as sent.

    Attributes:
        rate_bps: rate and ceil, bit/s.
        burst_bytes: burst and cburst.
        quantum_bytes: bytes per round among classes; only there so that the kernel does not warn
            about the one it would derive (1000 to 200000 is what it finds reasonable).
    """

    rate_bps: int
    burst_bytes: int
    quantum_bytes: int

    @property
    def rate_bytes_per_s(self) -> int:
        """The rate as HTB counts it."""
        return self.rate_bps // 8

    @property
    def burst_ticks(self) -> int:
        """The burst as HTB stores it: time at the rate, in ticks of 64 ns.

        pyroute2 and tc both cut it to whole microseconds before they convert it to ticks.
        """
        whole_us = int(1_000_000 * (float(self.burst_bytes) / self.rate_bytes_per_s))
        return whole_us * 1000 // TICK_NS

    def service_ns(self, frame_bytes: int) -> int:
        """Time HTB charges for a frame: ``psched_l2t_ns``, net/sched/sch_generic.c.

        The kernel multiplies and shifts instead of dividing, and drops the fraction of a
        nanosecond. That makes 40 Gbit/s 0.3 % faster than asked: 1514 bytes cost 302 ns, not
        302.8 ns. At 1 Gbit/s it is less than 0.01 %.
        """
        mult, shift = _ratecfg(self.rate_bytes_per_s)
        return frame_bytes * mult >> shift


def shaper(rate_bps: int, frame_bytes: int, slack_us: int = VIRTUAL_SLACK_US) -> Shaper:
    """Derive the class for a rate in bit/s, the largest frame, and how late timers may be.

    Raises:
        RequestError: the rate is not from 1 kbit/s to 100 Gbit/s, or not a whole number of
            bytes per second, which is what the kernel counts in.
    """
    if type(rate_bps) is not int or not MIN_RATE_BPS <= rate_bps <= MAX_RATE_BPS:
        raise RequestError(
            f"the bottleneck rate is {rate_bps!r} bit/s; allowed is "
            f"{format_rate(MIN_RATE_BPS)} to {format_rate(MAX_RATE_BPS)}"
        )
    if rate_bps % 8:
        raise RequestError(
            f"the bottleneck rate is {rate_bps} bit/s; allowed are multiples of 8 bit/s, "
            f"such as {rate_bps // 8 * 8}, because HTB counts bytes per second"
        )
    slack_bytes = -(-rate_bps // 8 * slack_us // 1_000_000)
    return Shaper(rate_bps, frame_bytes + slack_bytes, frame_bytes)


@cache
def _ratecfg(rate_bytes_per_s: int) -> tuple[int, int]:
    """``psched_ratecfg_precompute__``: multiplier of 32 significant bits, and shift.

    The kernel's other stop, a factor of 64 bits, is only reached below 1 byte/s.
    """
    factor, shift = _NS_PER_S, 0
    while not (mult := factor // rate_bytes_per_s) & (1 << 31):
        factor, shift = factor << 1, shift + 1
    return mult, shift
