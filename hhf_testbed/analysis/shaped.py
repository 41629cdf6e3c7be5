# SPDX-License-Identifier: GPL-2.0-or-later
"""Predicts departures from arrivals alone: the model as queue below a computed HTB.

Beside ``replay``, which takes the captured departures as given, this tells how much of an error is
the shaper and how much the queue. One HTB class with ceil = rate owes ``tokens`` (ns); it may send
when it owes nothing, and each packet costs ``service_ns``. Credit is kept up to the burst.

Mirrors ``htb_class_mode``, ``htb_accnt_tokens`` and ``htb_dequeue`` of net/sched/sch_htb.c,
Linux 6.12. What is missing are the clock reads: each takes 256 ns of virtual time, so the kernel
is up to some hundred nanoseconds late, for which the burst makes up in the long run.
"""

from dataclasses import dataclass

import numpy as np

from hhf_testbed.analysis.passage import NEVER, Passage
from hhf_testbed.analysis.replay import Clock, packets_of
from hhf_testbed.analysis.series import Ints
from hhf_testbed.model import Hhf
from hhf_testbed.tc.shaper import TICK_NS, Shaper


@dataclass
class Htb:
    """One HTB class.

    Attributes:
        shaper: what it costs to send.
        tokens_ns: credit at ``checked_ns``; below zero it owes.
        checked_ns: when that was.
    """

    shaper: Shaper
    tokens_ns: int
    checked_ns: int

    @property
    def ready_ns(self) -> int:
        """When it may send again."""
        return self.checked_ns + max(0, -self.tokens_ns)

    def charge(self, len_bytes: int, now_ns: int) -> None:
        """Pay for a packet sent now."""
        most_ns = self.shaper.burst_ticks * TICK_NS
        credit_ns = min(most_ns, self.tokens_ns + now_ns - self.checked_ns)
        self.tokens_ns = credit_ns - self.shaper.service_ns(len_bytes)
        self.checked_ns = now_ns


def predict_alone(passage: Passage, hhf: Hhf, clock: Clock, shaper: Shaper) -> Ints:
    """Return when each packet would leave, CLOCK_REALTIME; ``NEVER`` if the model dropped it.

    Args:
        passage: only its arrivals are used.
        hhf: a new model.
        clock: of the kernel.
        shaper: of the bottleneck.
    """
    leave_ns = np.full(len(passage.arrive_ns), NEVER, np.int64)
    htb = Htb(shaper, shaper.burst_ticks * TICK_NS, int(passage.arrive_ns[0]))
    arrive_ns = np.maximum.accumulate(passage.arrive_ns).tolist()
    for packet, now_ns in zip(packets_of(passage), arrive_ns, strict=True):
        _serve(hhf, htb, leave_ns, now_ns)
        hhf.enqueue(packet, clock.jiffies(now_ns))
        if htb.ready_ns <= now_ns:
            _send(hhf, htb, leave_ns, now_ns)
    while hhf.qlen_packets:
        _send(hhf, htb, leave_ns, htb.ready_ns)
    return leave_ns


def _serve(hhf: Hhf, htb: Htb, leave_ns: Ints, until_ns: int) -> None:
    """Send what waits and can go before a packet comes."""
    while hhf.qlen_packets and htb.ready_ns < until_ns:
        _send(hhf, htb, leave_ns, htb.ready_ns)


def _send(hhf: Hhf, htb: Htb, leave_ns: Ints, now_ns: int) -> None:
    packet = hhf.dequeue()
    if packet is not None:
        leave_ns[packet.key] = now_ns
        htb.charge(packet.len_bytes, now_ns)
