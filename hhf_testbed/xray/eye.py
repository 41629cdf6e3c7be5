# SPDX-License-Identifier: GPL-2.0-or-later
"""The observer behind the x-ray: bins, marks of each flow, and lines of events."""

from hhf_testbed.replay.filter_load import FilterLoad
from hhf_testbed.replay.flows import Flow
from hhf_testbed.replay.observer import Event
from hhf_testbed.replay.watch import Watch
from hhf_testbed.xray.events import EventLines
from hhf_testbed.xray.marks import ADMITTED, DROPPED, EVICTED, HEAVY, LIGHT, MISSED, Marks
from hhf_testbed.xray.series import IN_USE, Bin, Series

NAMES = {True: "heavy", False: "other"}
MARKED = {"admitted": ADMITTED, "evicted": EVICTED, "missed": MISSED}


class Eye:
    """See ``replay.observer.Observer``.

    Attributes:
        series: the bins.
        queue_packets, queue_bytes: what waits now, by class.
        forgotten: the marks of all flows that the flow book forgot.
    """

    def __init__(self, watch: Watch, lines: EventLines) -> None:
        self._watch, self._lines = watch, lines
        self._table = watch.hhf.classifier.table
        self._start_ns = watch.clock.start_ns
        self.queue_packets = {True: 0, False: 0}
        self.queue_bytes = {True: 0, False: 0}
        self._known_flows = 0
        self.series = Series(self._new_bin)
        self.forgotten = Marks(0)

    def _new_bin(self) -> Bin:
        """Return a bin that begins with what is so now, before what is about to be told."""
        bin_ = Bin()
        self._raise(bin_)
        return bin_

    def _raise(self, bin_: Bin) -> None:
        """Lift a bin's greatest values to what is so now."""
        bin_.heavy_packets = max(bin_.heavy_packets, self.queue_packets[True])
        bin_.heavy_bytes = max(bin_.heavy_bytes, self.queue_bytes[True])
        bin_.other_packets = max(bin_.other_packets, self.queue_packets[False])
        bin_.other_bytes = max(bin_.other_bytes, self.queue_bytes[False])
        bin_.known_flows = max(bin_.known_flows, self._known_flows)

    def _bin(self, now_ns: int) -> Bin:
        return self.series.at(now_ns - self._start_ns)

    def _mark(self, time_ns: int, flow: Flow, kind: int) -> None:
        number = self.series.number(time_ns - self._start_ns)
        if flow.marks is None:
            flow.marks = Marks(self.series.halvings)
        flow.marks.set(kind, number, self.series.halvings)

    def _queue(self, heavy: bool, packets: int, size_bytes: int) -> None:
        self.queue_packets[heavy] += packets
        self.queue_bytes[heavy] += size_bytes

    def arrived(self, now_ns: int, flow: Flow, len_bytes: int, heavy: bool) -> None:
        """A packet was queued."""
        bin_ = self._bin(now_ns)
        bin_.arrived_packets += 1
        bin_.arrived_bytes += len_bytes
        if heavy:
            bin_.arrived_heavy_bytes += len_bytes
        self._queue(heavy, 1, len_bytes)
        self._known_flows = self._table.current_flows
        self._raise(bin_)
        self._mark(now_ns, flow, HEAVY if heavy else LIGHT)

    def departed(self, now_ns: int, flow: Flow, len_bytes: int, heavy: bool) -> None:  # noqa: ARG002
        """A packet left."""
        bin_ = self._bin(now_ns)
        bin_.sent_packets += 1
        bin_.sent_bytes += len_bytes
        self._queue(heavy, -1, -len_bytes)

    def dropped(self, now_ns: int, flow: Flow, len_bytes: int, heavy: bool) -> None:
        """A packet was dropped, to keep the limit."""
        bin_ = self._bin(now_ns)
        bin_.dropped_heavy_packets += heavy
        bin_.dropped_other_packets += not heavy
        self._queue(heavy, -1, -len_bytes)
        self._mark(now_ns, flow, DROPPED)
        bucket = NAMES[heavy]
        self._lines.write(now_ns, "dropped", flow=flow.name, len_bytes=len_bytes, bucket=bucket)

    def interval_ends(self, now_ns: int, interval: int, load: FilterLoad) -> None:
        """Filter F, so full, is about to be reset, or there are no more arrivals."""
        bin_ = self._bin(now_ns)
        for name, in_use in zip(IN_USE, load.in_use, strict=True):
            setattr(bin_, name, max(getattr(bin_, name), in_use))
        bin_.largest_counter_bytes = max(bin_.largest_counter_bytes, *load.largest_bytes)
        self._lines.write(
            now_ns,
            "interval ends",
            interval=interval,
            in_use=load.in_use,
            largest_bytes=load.largest_bytes,
            known_flows=self._table.current_flows,
            queue_packets=_by_name(self.queue_packets),
            queue_bytes=_by_name(self.queue_bytes),
        )

    def noted(self, event: Event) -> None:
        """Something happened to a flow."""
        self._lines.happened(event)
        kind = MARKED.get(event.what)
        if kind is not None:
            self._mark(event.time_ns, event.flow, kind)

    def forgot(self, flow: Flow) -> None:
        """The flow book forgets a flow."""
        if flow.marks is not None:
            self.forgotten.add(flow.marks, self.series.halvings)

    def end(self, now_ns: int) -> None:
        """Say that there are no more events."""
        self._lines.write(now_ns, "end", packets=self._watch.packets)


def _by_name(values: dict[bool, int]) -> dict[str, int]:
    return {NAMES[heavy]: value for heavy, value in values.items()}
