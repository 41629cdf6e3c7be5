# SPDX-License-Identifier: GPL-2.0-or-later
"""One replay: each packet of the file through HHF and over the link, in constant memory."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from hhf_testbed.errors import LabError, LabFailure, RequestError
from hhf_testbed.measure.headers import (
    LINK_HEADER_BYTES,
    LINK_NAMES,
    flow_key,
    frame_bytes,
    needed_bytes,
)
from hhf_testbed.measure.records import DamagedCapture, Place, Record, read_records
from hhf_testbed.model import Hhf
from hhf_testbed.model.packet import MAX_LEN_BYTES
from hhf_testbed.progress import Step
from hhf_testbed.replay.clock import Clock
from hhf_testbed.replay.flows import MAX_FLOWS, Flow, FlowBook
from hhf_testbed.replay.link import Link, PlainLink, ServiceTimes
from hhf_testbed.replay.observer import Nobody, Observer
from hhf_testbed.replay.request import Request, features
from hhf_testbed.replay.vantage import NOWHERE, Places, Vantage, place_of
from hhf_testbed.replay.watch import Watch

PROGRESS_PACKETS = 20_000


class Run:
    """A replay, and in the end all that is known of it.

    Attributes:
        packets: how many were replayed.
        places, vantage: where the file's packets were seen, and which of them were replayed.
        damage: why not all of the file was, or None.
        cut_packets: captured with so few octets that ports are missing.
    """

    def __init__(self, request: Request, start_ns: int, max_flows: int = MAX_FLOWS) -> None:
        self.request = request
        known = features(request.profile)
        self.clock = Clock(start_ns, request.hz)
        now_jiffies = self.clock.initial_jiffies
        hhf = Hhf(request.params, hz=request.hz, now_jiffies=now_jiffies, features=known)
        self.watch = Watch(hhf, self.clock)
        self.book = FlowBook(request.seed, known, max_flows)
        times = ServiceTimes(request.shaper)
        self.link = Link(self.watch, times)
        self.plain = PlainLink(times, hhf.settings.limit_packets, start_ns)
        self.places, self.vantage = Places(), request.vantage
        self.cut_packets = 0
        self.damage: LabError | None = None

    @property
    def packets(self) -> int:
        """How many were replayed."""
        return self.watch.packets

    def look(self, observer: Observer) -> None:
        """Let somebody look on."""
        self.watch.observer = observer
        self.book.on_forget = observer.forgot

    def arrive(self, record: Record, place: Place) -> None:
        """Replay one packet.

        Raises:
            DamagedCapture: its time or its length is impossible.
            LabFailure: its link type is unknown.
        """
        len_bytes = _checked_bytes(record, place)
        now_ns = self.clock.advance(record[0], place)
        self.link.serve(now_ns)
        self.watch.tick()
        heavy = self.watch.arrive(self._flow(record, now_ns), len_bytes)
        self.plain.arrive(now_ns, len_bytes, heavy)
        self.link.offer(now_ns)

    def _flow(self, record: Record, now_ns: int) -> Flow:
        _, link_type, wire_bytes, octets, _ = record
        key = flow_key(link_type, octets)
        if len(octets) < wire_bytes and len(octets) < needed_bytes(link_type, key):
            self.cut_packets += 1
        return self.book.flow(key, now_ns, self.watch.truth.interval)

    def end(self) -> None:
        """Let the queue run empty, and settle what only the end shows."""
        self.watch.end(self.book)
        self.link.drain()


Observe = Callable[[Run], Observer]
"""Makes the observer of a replay that is about to begin."""


def replay(
    path: Path,
    request: Request,
    step: Step,
    max_flows: int = MAX_FLOWS,
    observe: Observe = lambda _: Nobody(),
) -> Run:
    """Replay a file as far as it can be read; ``damage`` of the run says why not to its end.

    Where the request leaves a choice of interfaces, the file is read twice.

    Raises:
        LabFailure: not one packet could be replayed.
        RequestError: no packet is where the request says, or a choice cannot be made.
    """
    place, places = Place(path), Places()
    vantage = _choose(path, request.vantage)
    chosen = vantage.settled or path.is_file()
    run: Run | None = None
    try:
        for record in _meant(read_records(path, place), places, vantage, chosen=chosen):
            if run is None:
                run = Run(request, record[0], max_flows)
                run.places, run.vantage = places, vantage
                run.look(observe(run))
            run.arrive(record, place)
            if not run.packets % PROGRESS_PACKETS:
                step.at(place.offset_bytes)
    except (DamagedCapture, _UnknownLink) as error:
        if run is None or not run.packets:
            raise LabFailure(f"{error}; nothing could be replayed") from None
        run.damage = error
    if run is None:
        raise _nothing(path, places)
    run.end()
    return run


def _choose(path: Path, asked: Vantage) -> Vantage:
    """Return which packets are meant: what was asked for, with the choice made if it left one."""
    if asked.settled or not path.is_file():
        return asked
    places = Places()
    with suppress(DamagedCapture):
        for record in read_records(path):
            places.count(place_of(record), record[2])
            if NOWHERE in places.seen:  # a pcap whose link type does not tell
                break
    return places.choose(asked)


def _meant(
    records: Iterator[Record], places: Places, vantage: Vantage, *, chosen: bool
) -> Iterator[Record]:
    """Count all packets, and yield those that are meant.

    Raises:
        RequestError: nothing was ``chosen`` before, and there is a choice.
    """
    for record in records:
        place = place_of(record)
        places.count(place, record[2])
        if not vantage.takes(place):
            continue
        if not chosen and sum(map(vantage.takes, places.seen)) > 1:
            raise RequestError(
                f"packets were seen at several places ({places}), and a pipe cannot be read "
                "twice to choose; name one with --interface and --direction, or give a file"
            )
        yield record


def _nothing(path: Path, places: Places) -> LabError:
    if not places.seen:
        return LabFailure(f"{path} has no packets: nothing was learned")
    return RequestError(f"{path} has no packet of that interface and direction; it has {places}")


class _UnknownLink(LabFailure):
    """A DamagedCapture in effect: what came before is good."""


def _checked_bytes(record: Record, place: Place) -> int:
    """Return the packet's length as HHF counts it."""
    _, link_type, wire_bytes, octets, _ = record
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
