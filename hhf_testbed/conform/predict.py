# SPDX-License-Identifier: GPL-2.0-or-later
"""The model in the kernel's place: plays a scenario below a computed HTB, and records it.

Comparing such a recording checks a scenario's expectations without any kernel; and a model with
other features, or with a fault, plays a kernel that differs.

Of HTB (net/sched/sch_htb.c, Linux 6.12) there is what one class with ceil = rate needs:
``htb_charge_class``, ``htb_accnt_tokens``, and ``htb_reset``, after which one packet may leave
whatever the class owes. Missing are the clock readings of 256 ns each.
"""

from collections.abc import Iterator
from typing import Final

from hhf_testbed.conform.flow_hash import flow_hashes
from hhf_testbed.conform.recording import Departure, Done, Event, Recording
from hhf_testbed.conform.scenario import Scenario
from hhf_testbed.conform.steps import Link, Sample
from hhf_testbed.conform.walk import Walk
from hhf_testbed.model import CURRENT, Features
from hhf_testbed.tc.shaper import TICK_NS, Shaper, shaper

NO_KEY: Final = bytes(16)
START_NS: Final = 1_000_500_000
"""Where the driver starts the first scenario of a guest, too."""


class Htb:
    """One HTB class."""

    def __init__(self, shape: Shaper) -> None:
        self._shape = shape
        self._most_ns = shape.burst_ticks * TICK_NS
        self._tokens_ns, self._checked_ns = self._most_ns, 0
        self.ready_ns = 0

    def charge(self, len_bytes: int, now_ns: int) -> None:
        """Pay for a packet sent now."""
        credit_ns = min(self._most_ns, self._tokens_ns + now_ns - self._checked_ns)
        self._tokens_ns = credit_ns - self._shape.service_ns(len_bytes)
        self._checked_ns = now_ns
        self.ready_ns = now_ns + max(0, -self._tokens_ns)

    def reset(self) -> None:
        """Allow one packet at any time, as after link down."""
        self.ready_ns = 0


def predict(
    scenario: Scenario, hz: int, *, key: bytes = NO_KEY, features: Features = CURRENT
) -> Recording:
    """Return what the modelled kernel would do."""
    begin_ns = scenario.start_ns or START_NS
    walk = Walk(scenario, hz, begin_ns, flow_hashes(scenario.flows, key), features)
    return Recording(scenario, begin_ns, key, list(_events(scenario, walk)))


def _events(scenario: Scenario, walk: Walk) -> Iterator[Event]:
    htb = Htb(shaper(scenario.rate_bps, scenario.frame_bytes))
    for number, step in enumerate(scenario.steps):
        at_ns = step.at_ns
        yield from _serve(walk, htb, at_ns - 1)
        errno = walk.apply(number, step, at_ns)
        if isinstance(step, Link) and not step.up:
            htb.reset()
        yield Done(at_ns, errno, walk.values() if isinstance(step, Sample) else None)
        yield from _serve(walk, htb, at_ns, at_ns)


def _serve(walk: Walk, htb: Htb, until_ns: int, now_ns: int = 0) -> Iterator[Event]:
    """Send what may leave until then, and not before ``now_ns``."""
    while walk.hhf.qlen_packets and htb.ready_ns <= until_ns:
        at_ns = max(htb.ready_ns, now_ns)
        packet = walk.send()
        if packet is None:
            return
        htb.charge(packet.len_bytes, at_ns)
        yield Departure(packet.key, at_ns)
