# SPDX-License-Identifier: GPL-2.0-or-later
"""One replay: each packet of the file through HHF and over the link, in constant memory."""

from pathlib import Path

from hhf_testbed.errors import LabError, LabFailure
from hhf_testbed.measure.headers import (
    LINK_HEADER_BYTES,
    LINK_NAMES,
    flow_key,
    frame_bytes,
    needed_bytes,
)
from hhf_testbed.measure.records import DamagedCapture, Place, Record, read_records
from hhf_testbed.model import WDRR_BUCKET_FOR_HH, Hhf, Outcome, Packet
from hhf_testbed.model.jiffies import U32_MAX, time_before
from hhf_testbed.model.packet import MAX_LEN_BYTES
from hhf_testbed.progress import Step
from hhf_testbed.replay.clock import Clock
from hhf_testbed.replay.flows import MAX_FLOWS, Flow, FlowBook
from hhf_testbed.replay.link import Link, PlainLink, ServiceTimes
from hhf_testbed.replay.request import Request, features
from hhf_testbed.replay.series import Bin, Series
from hhf_testbed.replay.timeline import Timeline
from hhf_testbed.replay.truth import Truth

PROGRESS_PACKETS = 20_000


class Run:
    """A replay, and after ``through`` all that is known of it.

    Attributes:
        packets: how many were replayed.
        damage: why not all of the file was, or None.
        cut_packets: captured with so few octets that ports are missing.
        longest_bytes: the longest frame.
    """

    def __init__(self, request: Request, start_ns: int, max_flows: int = MAX_FLOWS) -> None:
        self.request = request
        known = features(request.profile)
        self.clock = Clock(start_ns, request.hz)
        now_jiffies = self.clock.initial_jiffies
        self.hhf = Hhf(request.params, hz=request.hz, now_jiffies=now_jiffies, features=known)
        self.series, self.timeline = Series(), Timeline()
        self.book = FlowBook(request.seed, known, max_flows)
        self.truth = Truth(self.hhf.settings.admit_bytes, self._evicted_ns, self.timeline)
        times = ServiceTimes(request.shaper)
        self.link = Link(self.hhf, times, self.series, start_ns)
        self.plain = PlainLink(times, self.hhf.settings.limit_packets, start_ns)
        self.packets = self.cut_packets = self.longest_bytes = self.arrived_bytes = 0
        self.damage: LabError | None = None
        self._measured: Bin | None = None

    def _evicted_ns(self, last_ns: int) -> int:
        ticks = self.hhf.settings.evict_timeout_jiffies + 1
        return self.clock.ticks_later_ns(last_ns, ticks)

    def arrive(self, record: Record, place: Place) -> None:
        """Replay one packet.

        Raises:
            DamagedCapture: its time or its length is impossible.
            LabFailure: its link type is unknown.
        """
        len_bytes = _checked_bytes(record, place)
        now_ns = self.clock.advance(record[0], place)
        self.link.serve(now_ns)
        bin_ = self.series.at(now_ns - self.clock.start_ns)
        now_jiffies = self.clock.jiffies()
        self._reset_if_due(now_jiffies, bin_)
        self._enqueue(self._flow(record, now_ns), len_bytes, now_jiffies, bin_)
        self.link.offer(now_ns)

    def _flow(self, record: Record, now_ns: int) -> Flow:
        _, link_type, wire_bytes, octets = record
        key = flow_key(link_type, octets)
        if len(octets) < wire_bytes and len(octets) < needed_bytes(link_type, key):
            self.cut_packets += 1
        return self.book.flow(key, now_ns, self.truth.interval)

    def _reset_if_due(self, now_jiffies: int, bin_: Bin) -> None:
        """Notice that the model will reset its filter before it counts this packet."""
        filter_, timeout_jiffies = (
            self.hhf.classifier.filter,
            self.hhf.settings.reset_timeout_jiffies,
        )
        deadline_jiffies = (filter_.reset_at_jiffies + timeout_jiffies) & U32_MAX
        if time_before(deadline_jiffies, now_jiffies):
            self._measure_filter(bin_)
            self.truth.reset()

    def _measure_filter(self, bin_: Bin) -> None:
        """Note how full the filter is, at most once per bin: it takes longer than a packet."""
        if bin_ is self._measured:
            return
        self._measured = bin_
        in_use = largest_bytes = total = 0
        for array in self.hhf.classifier.filter.arrays:
            used = [c for c, valid in zip(array.counters_bytes, array.valid, strict=True) if valid]
            in_use += len(used)
            total += len(array.valid)
            largest_bytes = max(largest_bytes, max(used, default=0))
        bin_.filter_in_use = max(bin_.filter_in_use, in_use / total)
        bin_.largest_counter_bytes = max(bin_.largest_counter_bytes, largest_bytes)

    def _enqueue(self, flow: Flow, len_bytes: int, now_jiffies: int, bin_: Bin) -> None:
        hhf, now_ns, table = self.hhf, self.clock.now_ns, self.hhf.classifier.table
        turned_away = table.overlimit
        packet = Packet(flow.hash_, len_bytes)
        outcome = hhf.enqueue(packet, now_jiffies)
        packet.key = (now_ns, flow, outcome.bucket)
        full = table.overlimit != turned_away
        self.truth.judge(flow, len_bytes, now_ns, outcome, full)
        self.plain.arrive(now_ns, len_bytes, outcome.bucket == WDRR_BUCKET_FOR_HH)
        self._count(len_bytes, outcome, bin_)

    def _count(self, len_bytes: int, outcome: Outcome, bin_: Bin) -> None:
        self.packets += 1
        self.arrived_bytes += len_bytes
        if len_bytes > self.longest_bytes:
            self.longest_bytes = len_bytes
        bin_.arrived_packets += 1
        bin_.arrived_bytes += len_bytes
        if outcome.admitted:
            bin_.admissions += 1
            bin_.known_flows = max(bin_.known_flows, self.hhf.classifier.table.current_flows)
        if outcome.dropped is not None:
            self._dropped(outcome.dropped, bin_)
        heavy, other = self.hhf.bucket_lengths()
        if heavy > bin_.heavy_packets:
            bin_.heavy_packets = heavy
        if other > bin_.other_packets:
            bin_.other_packets = other
        if self.hhf.backlog_bytes > bin_.backlog_bytes:
            bin_.backlog_bytes = self.hhf.backlog_bytes

    def _dropped(self, packet: Packet, bin_: Bin) -> None:
        _, flow, bucket = packet.key
        heavy = bucket == WDRR_BUCKET_FOR_HH
        flow.drops += 1
        self.link.classes.drops[heavy] += 1
        bin_.dropped_heavy_packets += heavy
        bin_.dropped_other_packets += not heavy

    def end(self) -> None:
        """Let the queue run empty, and settle what only the end shows."""
        now_ns = self.clock.now_ns
        self._measure_filter(self.series.at(now_ns - self.clock.start_ns))
        self.link.drain()
        self.truth.close()
        for flow in self.book:
            self.truth.end(flow, now_ns)


def replay(path: Path, request: Request, step: Step, max_flows: int = MAX_FLOWS) -> Run:
    """Replay a file as far as it can be read; ``damage`` of the run says why not to its end.

    Raises:
        LabFailure: not one packet could be replayed.
    """
    place = Place(path)
    run: Run | None = None
    try:
        for record in read_records(path, place):
            run = run or Run(request, record[0], max_flows)
            run.arrive(record, place)
            if not run.packets % PROGRESS_PACKETS:
                step.at(place.offset_bytes)
    except (DamagedCapture, _UnknownLink) as error:
        if run is None or not run.packets:
            raise LabFailure(f"{error}; nothing could be replayed") from None
        run.damage = error
    if run is None:
        raise LabFailure(f"{path} has no packets: nothing was learned")
    run.end()
    return run


class _UnknownLink(LabFailure):
    """A DamagedCapture in effect: what came before is good."""


def _checked_bytes(record: Record, place: Place) -> int:
    """Return the packet's length as HHF counts it."""
    _, link_type, wire_bytes, octets = record
    if link_type not in LINK_HEADER_BYTES:
        raise _unknown_link(place, link_type)
    len_bytes = frame_bytes(link_type, wire_bytes)
    if not 1 <= len_bytes <= MAX_LEN_BYTES or wire_bytes < len(octets):
        raise _impossible_length(place, wire_bytes, len(octets))
    return len_bytes


def _unknown_link(place: Place, link_type: int) -> _UnknownLink:
    return _UnknownLink(
        f"{place.path}: record {place.number} (the first is 0) is of link type {link_type}; "
        f"allowed are {LINK_NAMES} ({', '.join(map(str, sorted(LINK_HEADER_BYTES)))})"
    )


def _impossible_length(place: Place, wire_bytes: int, captured_bytes: int) -> DamagedCapture:
    if wire_bytes < captured_bytes:
        return place.damaged(
            f"is damaged: {captured_bytes} bytes were captured of a packet of {wire_bytes}"
        )
    return place.damaged(
        f"is a packet of {wire_bytes} bytes; allowed is from its link header up to {MAX_LEN_BYTES}"
    )
