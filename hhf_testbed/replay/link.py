# SPDX-License-Identifier: GPL-2.0-or-later
"""A link of one rate: takes packets from HHF when it is free, and measures how long they waited.

And the control: the same arrivals at the same link with one queue for all (pfifo), whose delays
follow from the arrivals without any model.
"""

from collections import deque
from typing import Final

from hhf_testbed.replay.classes import Classes
from hhf_testbed.replay.watch import Watch
from hhf_testbed.tc.shaper import Shaper

MAX_LENGTHS: Final = 4096


class ServiceTimes:
    """``Shaper.service_ns``, which takes some microseconds, for the lengths that occur."""

    def __init__(self, shaper: Shaper) -> None:
        self._shaper = shaper
        self._known: dict[int, int] = {}

    def of(self, len_bytes: int) -> int:
        """Return how long the link is busy with a frame."""
        service_ns = self._known.get(len_bytes)
        if service_ns is None:
            if len(self._known) >= MAX_LENGTHS:
                self._known.clear()
            service_ns = self._known[len_bytes] = self._shaper.service_ns(len_bytes)
        return service_ns


class Link:
    """The link below HHF.

    Attributes:
        free_ns: when it is free.
        busy_ns: how long it has been busy.
        sent_bytes: what it took.
    """

    def __init__(self, watch: Watch, times: ServiceTimes) -> None:
        self._watch, self._hhf, self._times = watch, watch.hhf, times
        self.free_ns = watch.clock.start_ns
        self.busy_ns = self.sent_bytes = 0

    def serve(self, until_ns: int) -> None:
        """Take what waits and can go before ``until_ns``."""
        while self.free_ns < until_ns and self._hhf.qlen_packets:
            self._take(self.free_ns)

    def offer(self, now_ns: int) -> None:
        """A packet has come: take the next one if the link is free."""
        if self.free_ns <= now_ns and self._hhf.qlen_packets:
            self._take(now_ns)

    def drain(self) -> None:
        """Take all that waits."""
        while self._hhf.qlen_packets:
            self._take(self.free_ns)

    def _take(self, now_ns: int) -> None:
        packet = self._watch.depart(now_ns)
        if packet is None:
            raise AssertionError("HHF counts packets that it does not have")
        service_ns = self._times.of(packet.len_bytes)
        self.free_ns = now_ns + service_ns
        self.busy_ns += service_ns
        self.sent_bytes += packet.len_bytes


class PlainLink:
    """The same link below a pfifo of the same limit."""

    def __init__(self, times: ServiceTimes, limit_packets: int, start_ns: int) -> None:
        self._times, self._limit_packets = times, limit_packets
        self._taken_ns: deque[int] = deque()
        self._free_ns = start_ns
        self.classes = Classes()

    def arrive(self, now_ns: int, len_bytes: int, heavy: bool) -> None:
        """Queue a packet, or drop it; count it in the class that HHF gave it."""
        waiting = self._taken_ns
        while waiting and waiting[0] < now_ns:
            waiting.popleft()
        if len(waiting) >= self._limit_packets:
            self.classes.drops[heavy] += 1
            return
        taken_ns = max(now_ns, self._free_ns)
        self._free_ns = taken_ns + self._times.of(len_bytes)
        self.classes.delays[heavy].add(taken_ns - now_ns)
        if taken_ns > now_ns:
            waiting.append(taken_ns)
