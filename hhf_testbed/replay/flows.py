# SPDX-License-Identifier: GPL-2.0-or-later
"""The flows of a file, in bounded memory: those that sent most are known, the rest is counted."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from hhf_testbed.measure.headers import FlowKey, name
from hhf_testbed.model import Features
from hhf_testbed.replay.hashes import flow_hash, same_flow

MAX_FLOWS: Final = 32_768
"""About 20 MB. One interval of 40 ms at 1 Gbit/s has room for 5000 packets of 1 kB."""


class Flow:
    """One flow.

    Attributes:
        key: addresses and ports of its first packet.
        hash_: what HHF knows it by.
        first_ns, last_ns: its first and its latest packet.
        interval, interval_bytes: what it sent in the interval of its latest packet.
        peak_interval_bytes: the most it sent in one interval.
        heavy_intervals: intervals in which it was truly heavy.
        known: table T knew it at its latest packet.
        admissions, false_positives, early, evictions, missed_packets: see the package.
        admitted_ns, before_bytes, before_total_bytes: its first admission, and what it had sent
            until then, that packet included: in that interval, and at all. -1 if never admitted.
        marks: what an observer keeps about it.
        label: its name, if addresses and ports are not.
    """

    __slots__ = (
        "admissions",
        "admitted_ns",
        "before_bytes",
        "before_total_bytes",
        "drops",
        "early",
        "evictions",
        "false_positives",
        "first_ns",
        "hash_",
        "heavy_intervals",
        "interval",
        "interval_bytes",
        "key",
        "known",
        "label",
        "last_ns",
        "marks",
        "missed_packets",
        "packets",
        "peak_interval_bytes",
        "sent_bytes",
    )

    def __init__(self, key: FlowKey, hash_: int, now_ns: int, label: str = "") -> None:
        self.key = key
        self.label = label
        self.marks: Any = None
        self.hash_ = hash_
        self.first_ns = self.last_ns = now_ns
        self.packets = self.sent_bytes = self.drops = 0
        self.interval = -1
        self.interval_bytes = self.peak_interval_bytes = self.heavy_intervals = 0
        self.known = False
        self.admissions = self.false_positives = self.early = self.evictions = 0
        self.missed_packets = 0
        self.admitted_ns = self.before_bytes = self.before_total_bytes = -1

    @property
    def name(self) -> str:
        """Its label, or protocol, addresses and ports."""
        return self.label or name(self.key)

    @property
    def rate_bps(self) -> int:
        """Its mean rate from its first to its last packet; 0 if it has only one time."""
        spell_ns = self.last_ns - self.first_ns
        return self.sent_bytes * 8 * 1_000_000_000 // spell_ns if spell_ns else 0

    @property
    def rank(self) -> tuple[bool, int]:
        """What decides who is remembered: heavy hitters first, then by bytes."""
        return (self.admissions > 0 or self.heavy_intervals > 0, self.sent_bytes)


class FlowBook:
    """Finds the flow of a packet.

    Attributes:
        distinct: flows ever seen; one that was forgotten and comes back counts again.
        forgotten, forgotten_packets, forgotten_bytes: flows no longer known, and what they sent.
        unsure_bytes: what a flow may have sent in one interval beyond what is counted for it,
            because it was forgotten in that interval. 0 as long as nothing is forgotten.
        on_forget: is told of each flow that is forgotten.
    """

    def __init__(self, seed: int, features: Features, max_flows: int = MAX_FLOWS) -> None:
        self._seed, self._features, self._max_flows = seed, features, max_flows
        self._by_packet: dict[FlowKey, Flow] = {}
        self._flows: dict[FlowKey, Flow] = {}
        self._unsure_interval = -1
        self._unsure_now_bytes = 0
        self.distinct = self.forgotten = self.forgotten_packets = self.forgotten_bytes = 0
        self.unsure_bytes = 0
        self.on_forget: Callable[[Flow], None] = lambda _: None

    def __iter__(self) -> Iterator[Flow]:
        return iter(self._flows.values())

    def flow(self, key: FlowKey, now_ns: int, interval: int) -> Flow:
        """Return the flow of a packet's addresses and ports."""
        flow = self._by_packet.get(key)
        return self._new(key, now_ns, interval) if flow is None else flow

    def _new(self, key: FlowKey, now_ns: int, interval: int) -> Flow:
        same = same_flow(key, self._features)
        flow = self._flows.get(same)
        if flow is None:
            if len(self._flows) >= self._max_flows:
                self._forget_half(interval)
            flow = Flow(key, flow_hash(same, self._seed, self._features), now_ns)
            self._flows[same] = flow
            self.distinct += 1
        self._by_packet[key] = flow
        return flow

    def _forget_half(self, interval: int) -> None:
        ranked = sorted(self._flows.items(), key=lambda item: item[1].rank)
        gone = [flow for _, flow in ranked[: len(ranked) // 2]]
        self._flows = dict(ranked[len(ranked) // 2 :])
        self._by_packet = {}  # filled again as packets come
        self.forgotten += len(gone)
        self.forgotten_packets += sum(flow.packets for flow in gone)
        self.forgotten_bytes += sum(flow.sent_bytes for flow in gone)
        self._note_unsure(gone, interval)
        for flow in gone:
            self.on_forget(flow)

    def _note_unsure(self, gone: list[Flow], interval: int) -> None:
        """A flow forgotten in its interval may come back in the same, and be forgotten again."""
        if interval != self._unsure_interval:
            self._unsure_interval, self._unsure_now_bytes = interval, 0
        here = [flow.interval_bytes for flow in gone if flow.interval == interval]
        self._unsure_now_bytes += max(here, default=0)
        self.unsure_bytes = max(self.unsure_bytes, self._unsure_now_bytes)
