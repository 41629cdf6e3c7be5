# SPDX-License-Identifier: GPL-2.0-or-later
"""One HHF while packets pass it, and what becomes of each: truth, delays, drops."""

from collections.abc import Iterable

from hhf_testbed.model import WDRR_BUCKET_FOR_HH, Hhf, Packet
from hhf_testbed.model.jiffies import U32_MAX, time_before
from hhf_testbed.replay.classes import Classes
from hhf_testbed.replay.clock import Clock
from hhf_testbed.replay.filter_load import FilterLoad, filter_load
from hhf_testbed.replay.flows import Flow
from hhf_testbed.replay.observer import Event, Nobody, Observer
from hhf_testbed.replay.truth import Truth


class Watch:
    """HHF with a clock and an observer. A packet's key is its arrival, its flow and its class.

    For each arrival: set the clock, then ``tick``, then ``arrive``.

    Attributes:
        packets, arrived_bytes, longest_bytes: of all arrivals.
        most_in_use, largest_counter_bytes: of filter F, where an interval ended.
    """

    def __init__(self, hhf: Hhf, clock: Clock) -> None:
        self.hhf, self.clock = hhf, clock
        self.observer: Observer = Nobody()
        self.truth = Truth(hhf.settings.admit_bytes, self._evicted_ns, self._note)
        self.classes = Classes()
        self.packets = self.arrived_bytes = self.longest_bytes = 0
        self.most_in_use, self.largest_counter_bytes = 0.0, 0

    def _evicted_ns(self, last_ns: int) -> int:
        return self.clock.ticks_later_ns(last_ns, self.hhf.settings.evict_timeout_jiffies + 1)

    def _note(self, event: Event) -> None:
        self.observer.noted(event)

    def tick(self) -> None:
        """Notice that the model will reset its filter before it counts the next packet."""
        timeout_jiffies = self.hhf.settings.reset_timeout_jiffies
        reset_at_jiffies = self.hhf.classifier.filter.reset_at_jiffies
        deadline_jiffies = (reset_at_jiffies + timeout_jiffies) & U32_MAX
        if time_before(deadline_jiffies, self.clock.jiffies()):
            self._end_interval()
            self.truth.reset()

    def _end_interval(self) -> None:
        load: FilterLoad = filter_load(self.hhf.classifier.filter)
        self.most_in_use = max(self.most_in_use, load.mean_in_use)
        self.largest_counter_bytes = max(self.largest_counter_bytes, *load.largest_bytes)
        self.observer.interval_ends(self.clock.now_ns, self.truth.interval, load)

    def arrive(self, flow: Flow, len_bytes: int) -> bool:
        """Give HHF a packet; return whether it is treated as one of a heavy hitter."""
        now_ns, table = self.clock.now_ns, self.hhf.classifier.table
        turned_away = table.overlimit
        packet = Packet(flow.hash_, len_bytes)
        outcome = self.hhf.enqueue(packet, self.clock.jiffies())
        heavy = outcome.bucket == WDRR_BUCKET_FOR_HH
        packet.key = (now_ns, flow, heavy)
        self.truth.judge(flow, len_bytes, now_ns, outcome, table.overlimit != turned_away)
        self.packets += 1
        self.arrived_bytes += len_bytes
        if len_bytes > self.longest_bytes:
            self.longest_bytes = len_bytes
        if outcome.dropped is not None:
            self._dropped(outcome.dropped)
        self.observer.arrived(now_ns, flow, len_bytes, heavy)
        return heavy

    def _dropped(self, packet: Packet) -> None:
        _, flow, heavy = packet.key
        flow.drops += 1
        self.classes.drops[heavy] += 1
        self.observer.dropped(self.clock.now_ns, flow, packet.len_bytes, heavy)

    def depart(self, now_ns: int) -> Packet | None:
        """Take the next packet, if there is one, and note how long it waited."""
        packet = self.hhf.dequeue()
        if packet is not None:
            arrived_ns, flow, heavy = packet.key
            self.classes.delays[heavy].add(now_ns - arrived_ns)
            self.observer.departed(now_ns, flow, packet.len_bytes, heavy)
        return packet

    def end(self, flows: Iterable[Flow]) -> None:
        """End the last interval, after the last arrival, and see which flows are forgotten."""
        self._end_interval()
        self.truth.close()
        for flow in flows:
            self.truth.end(flow, self.clock.now_ns)
