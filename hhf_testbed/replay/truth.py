# SPDX-License-Identifier: GPL-2.0-or-later
"""Ground truth: which flows sent more than ``admit_bytes`` in an interval, and what HHF made of it.

The definitions are at the head of the package.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass

from hhf_testbed.model import WDRR_BUCKET_FOR_HH, Outcome
from hhf_testbed.replay.flows import Flow
from hhf_testbed.replay.observer import Event

MAX_MISSED = 65_536
"""Flows per interval that are told apart when missed; packets are counted all the same."""


@dataclass
class Tally:
    """The counts over all flows.

    Attributes:
        intervals: begun.
        admissions: to table T.
        false_positives, early: of these; see the package.
        heavy_flow_intervals: pairs of a flow and an interval in which it was truly heavy.
        missed_packets, missed_flow_intervals: treated as light though truly heavy.
        missed_with_room_packets: of these, while table T had room: none is expected.
        evictions: flows that table T no longer knew.
    """

    intervals: int = 0
    admissions: int = 0
    false_positives: int = 0
    early: int = 0
    heavy_flow_intervals: int = 0
    missed_packets: int = 0
    missed_flow_intervals: int = 0
    missed_with_room_packets: int = 0
    evictions: int = 0

    def to_json(self) -> dict[str, int]:
        """Return the counts by name."""
        return asdict(self)


class Truth:
    """Judges each packet. Give it the packets in order, and each reset before its packet.

    ``evicted_ns`` tells when table T forgets a flow, from the time of its last packet. ``note`` is
    told of each event.
    """

    def __init__(
        self,
        admit_bytes: int,
        evicted_ns: Callable[[int], int],
        note: Callable[[Event], None],
    ) -> None:
        self._admit_bytes, self._evicted_ns = admit_bytes, evicted_ns
        self._note = note
        self._too_soon: list[tuple[int, Flow]] = []
        self._missed: set[int] = set()
        self.tally = Tally(intervals=1)

    @property
    def interval(self) -> int:
        """The number of the interval; the first is 0."""
        return self.tally.intervals - 1

    def reset(self) -> None:
        """Begin the next interval."""
        self.close()
        self.tally.intervals += 1

    def judge(self, flow: Flow, len_bytes: int, now_ns: int, outcome: Outcome, full: bool) -> None:
        """Count a packet, and note what HHF did. ``full``: table T turned the flow away."""
        light = outcome.bucket != WDRR_BUCKET_FOR_HH
        if flow.known and (light or outcome.admitted):
            self._evicted(flow, now_ns)
        heavy = self._count(flow, len_bytes)
        flow.known = not light
        if outcome.admitted:
            self._admitted(flow, now_ns, heavy)
        elif heavy and light:
            self._miss(flow, now_ns, full)
        flow.last_ns = now_ns

    def _count(self, flow: Flow, len_bytes: int) -> bool:
        """Add the packet to its flow; return whether the flow is now truly heavy."""
        if flow.interval != self.interval:
            flow.interval = self.interval
            flow.interval_bytes = 0
        before_bytes = flow.interval_bytes
        flow.interval_bytes += len_bytes
        flow.packets += 1
        flow.sent_bytes += len_bytes
        if flow.interval_bytes > flow.peak_interval_bytes:
            flow.peak_interval_bytes = flow.interval_bytes
        if flow.interval_bytes <= self._admit_bytes:
            return False
        if before_bytes <= self._admit_bytes:
            flow.heavy_intervals += 1
            self.tally.heavy_flow_intervals += 1
        return True

    def _admitted(self, flow: Flow, now_ns: int, heavy: bool) -> None:
        self.tally.admissions += 1
        flow.admissions += 1
        if flow.admitted_ns < 0:
            flow.admitted_ns = now_ns
            flow.before_bytes = flow.interval_bytes
            flow.before_total_bytes = flow.sent_bytes
        if not heavy:
            self._too_soon.append((now_ns, flow))
        self._note(Event.of(now_ns, flow, "admitted"))

    def _miss(self, flow: Flow, now_ns: int, full: bool) -> None:
        self.tally.missed_packets += 1
        self.tally.missed_with_room_packets += not full
        flow.missed_packets += 1
        if flow.hash_ not in self._missed and len(self._missed) < MAX_MISSED:
            self._missed.add(flow.hash_)
            self.tally.missed_flow_intervals += 1
            self._note(Event.of(now_ns, flow, "missed"))

    def _evicted(self, flow: Flow, now_ns: int) -> None:
        """The flow is back, and table T does not know it any more."""
        self.tally.evictions += 1
        flow.evictions += 1
        self._note(Event.of(min(now_ns, self._evicted_ns(flow.last_ns)), flow, "evicted"))

    def close(self) -> None:
        """End the interval: whoever was admitted too soon has had its chance to be heavy."""
        for now_ns, flow in self._too_soon:
            became_heavy = flow.interval_bytes > self._admit_bytes
            if became_heavy:
                self.tally.early += 1
                flow.early += 1
            else:
                self.tally.false_positives += 1
                flow.false_positives += 1
            self._note(Event.of(now_ns, flow, "early" if became_heavy else "false positive"))
        self._too_soon.clear()
        self._missed.clear()

    def end(self, flow: Flow, now_ns: int) -> None:
        """After the last packet: has table T forgotten the flow by then?"""
        if flow.known and self._evicted_ns(flow.last_ns) <= now_ns:
            flow.known = False
            self._evicted(flow, now_ns)
