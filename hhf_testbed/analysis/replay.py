# SPDX-License-Identifier: GPL-2.0-or-later
"""Gives the reference model the kernel's own arrivals, and asks it for the next packet whenever
the kernel sent one: it must name the same packet.

The captured service tells *when* something left and the model says *what*, so a difference can
only come from the qdisc and not from the shaper above it (``shaped`` predicts both).

The kernel's hash key is a secret of each qdisc, but HHF only asks which flows share counters. A
keyed blake2 in place of siphash is right unless, in one of the two, some flow shares all its four
counters with others that are active in the same reset period, or two heavy hitters share a slot
of table T. ``sharing_bound`` bounds the former.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hhf_testbed.analysis.flows import FiveTuple
from hhf_testbed.analysis.passage import NEVER, Passage
from hhf_testbed.analysis.series import Ints
from hhf_testbed.model import Hhf, Packet, Xstats
from hhf_testbed.model.hashing import ARRAY_COUNTERS, ARRAYS
from hhf_testbed.model.jiffies import U32_MAX, initial_jiffies

HASH_KEY = b"hhf-testbed"
NS_PER_S = 1_000_000_000


@dataclass(frozen=True)
class Clock:
    """The kernel's tick: ``hz`` per second of CLOCK_MONOTONIC, which is 0 at boot."""

    hz: int
    realtime_minus_monotonic_ns: int

    def jiffies(self, realtime_ns: int) -> int:
        """Return the 32-bit jiffies at a time of a capture."""
        ticks = (realtime_ns - self.realtime_minus_monotonic_ns) * self.hz // NS_PER_S
        return (ticks + initial_jiffies(self.hz)) & U32_MAX


@dataclass(frozen=True)
class Replay:
    """What the model did. One element per packet in ``leave_ns`` and ``drop_ns``.

    Attributes:
        leave_ns, drop_ns: CLOCK_REALTIME, ``NEVER`` if it did not.
        departures, same: how many the kernel made, and how many of them were the model's packet.
        first_difference: a sentence, empty if all were the same.
        admissions: flow and time of each admission to table T.
        heavy, others: packets in each bucket at each sample.
        xstats, drops: the model's counts at the last sample.
    """

    leave_ns: Ints
    drop_ns: Ints
    departures: int
    same: int
    first_difference: str
    admissions: tuple[tuple[int, int], ...]
    heavy: Ints
    others: Ints
    xstats: Xstats
    drops: int


def flow_hash(five_tuple: FiveTuple) -> int:
    """Return a 32-bit hash that is the same for both directions, and never 0 (hhf-facts 7.1)."""
    protocol, source, target, source_port, target_port = five_tuple
    text = repr((protocol, sorted((source, target)), sorted((source_port, target_port))))
    digest = hashlib.blake2b(text.encode(), digest_size=4, key=HASH_KEY).digest()
    return int.from_bytes(digest, "big") or 1


def sharing_bound(passage: Passage, period_ns: int) -> float:
    """Bound the probability that any flow shares all four of its counters with others.

    In one reset period with m active flows, one flow has a counter in common with some other with
    probability below (m-1)/1024 in each of the four arrays. Summed over flows and periods.
    """
    periods = (passage.arrive_ns - passage.arrive_ns[0]) // period_ns
    active = np.unique(np.stack([periods, passage.flow], axis=1), axis=0)[:, 0]
    counts = np.unique(active, return_counts=True)[1]
    return float(min(1.0, np.sum(counts * ((counts - 1) / ARRAY_COUNTERS) ** ARRAYS)))


def replay(passage: Passage, hhf: Hhf, clock: Clock, sample_ns: Sequence[int]) -> Replay:
    """Replay a trial.

    Args:
        passage: what the kernel did.
        hhf: a new model, made at the time that the kernel's qdisc was made.
        clock: of the kernel.
        sample_ns: when to note the queue, ascending, CLOCK_REALTIME.
    """
    return _Run(passage, hhf, clock).through(sample_ns)


class _Run:
    """A replay in progress."""

    def __init__(self, passage: Passage, hhf: Hhf, clock: Clock) -> None:
        self._hhf, self._clock = hhf, clock
        self._flows, self._flow = passage.flows, passage.flow.tolist()
        self._events = passage.events.tolist()
        # A time stamp may be older than one before it in the file: the kernel stamps a packet when
        # its sender hands it over, a little before it is forwarded. The file's order is right.
        self._times_ns: list[int] = np.maximum.accumulate(passage.event_ns()).tolist()
        self._packets = packets_of(passage)
        self._leave_ns = [NEVER] * len(self._packets)
        self._drop_ns = [NEVER] * len(self._packets)
        self._admissions: list[tuple[int, int]] = []
        self._departures = self._same = 0
        self._first_difference = ""

    def through(self, sample_ns: Sequence[int]) -> Replay:
        """Go through all events; a sample sees all events up to its time."""
        done, lengths = 0, []
        for stop in np.searchsorted(self._times_ns, sample_ns, side="right").tolist():
            self._play(done, stop)
            lengths.append(self._hhf.bucket_lengths())
            done = stop
        xstats, drops = self._hhf.xstats(), self._hhf.drops
        self._play(done, len(self._events))
        heavy, others = np.array(lengths, np.int64).reshape(-1, 2).T
        return Replay(
            leave_ns=np.array(self._leave_ns, np.int64),
            drop_ns=np.array(self._drop_ns, np.int64),
            departures=self._departures,
            same=self._same,
            first_difference=self._first_difference,
            admissions=tuple(self._admissions),
            heavy=heavy,
            others=others,
            xstats=xstats,
            drops=drops,
        )

    def _play(self, start: int, stop: int) -> None:
        for event, time_ns in zip(
            self._events[start:stop], self._times_ns[start:stop], strict=True
        ):
            if event >= 0:
                self._arrive(event, time_ns)
            else:
                self._depart(~event, time_ns)

    def _arrive(self, number: int, time_ns: int) -> None:
        outcome = self._hhf.enqueue(self._packets[number], self._clock.jiffies(time_ns))
        if outcome.admitted:
            self._admissions.append((self._flow[number], time_ns))
        if outcome.dropped is not None:
            self._drop_ns[outcome.dropped.key] = time_ns

    def _depart(self, seen: int, time_ns: int) -> None:
        packet = self._hhf.dequeue()
        self._departures += 1
        named = NEVER
        if packet is not None:
            named = packet.key
            self._leave_ns[named] = time_ns
        if named == seen:
            self._same += 1
        elif not self._first_difference:
            self._first_difference = self._difference(named, seen, time_ns)

    def _difference(self, named: int, seen: int, time_ns: int) -> str:
        said = "nothing" if named == NEVER else self._shown(named)
        return (
            f"departure {self._departures - 1} (the first is 0), at {time_ns} ns: "
            f"the kernel sent {self._shown(seen)}, the model {said}"
        )

    def _shown(self, number: int) -> str:
        return f"packet {number} ({self._flows[self._flow[number]].name})"


def packets_of(passage: Passage) -> list[Packet]:
    """Return the model's packets; the key of each is its number in the passage."""
    hashes = [flow_hash(flow.five_tuple) for flow in passage.flows]
    pairs = zip(passage.flow.tolist(), passage.len_bytes.tolist(), strict=True)
    return [Packet(hashes[flow], len_bytes, key) for key, (flow, len_bytes) in enumerate(pairs)]
