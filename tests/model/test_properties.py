# SPDX-License-Identifier: GPL-2.0-or-later
import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from traffic_helpers import FLOW, OTHER, make, make_heavy, packet

from hhf_testbed.model import WDRR_BUCKET_FOR_HH, Features, Hhf, Packet
from hhf_testbed.model.features import CURRENT, LINUX_5_10, SEED_2013
from hhf_testbed.model.hashing import filter_positions
from hhf_testbed.model.multistage_filter import MultistageFilter

U32 = st.integers(0, 2**32 - 1)
LENGTHS = st.integers(1, 70_000)
FEATURES = st.sampled_from([CURRENT, LINUX_5_10, SEED_2013])
# What happens next: a packet of one of eight flows arrives, or so many leave, or the limit changes.
EVENT = (
    st.tuples(st.just("enqueue"), st.integers(0, 7), LENGTHS)
    | st.tuples(st.just("dequeue"), st.integers(1, 5), st.just(0))
    | st.tuples(st.just("change"), st.integers(0, 20), st.just(0))
    | st.tuples(st.just("reset"), st.just(0), st.just(0))
)
EVENTS = st.lists(EVENT, max_size=80)
# With a parent that peeks. Kernels without ``peeked_trimmed`` may hang on a change then.
PEEKING = st.lists(
    EVENT | st.tuples(st.sampled_from(["peek", "take"]), st.just(0), st.just(0)), max_size=80
)


class Bookkeeper:
    """Plays events and writes down where each packet ended."""

    def __init__(self, features: Features, limit_packets: int) -> None:
        self.queue: Hhf = make(features, limit_packets=limit_packets, admit_bytes=5000)
        self.given: list[Packet] = []
        self.gone: list[Packet] = []
        self.sent: list[Packet] = []

    def enqueue(self, flow: int, len_bytes: int) -> None:
        arriving = packet(flow * 1031, len_bytes)
        self.given.append(arriving)
        outcome = self.queue.enqueue(arriving, 0)
        if outcome.dropped is not None:
            self.gone.append(outcome.dropped)

    def dequeue(self, count: int, _: int) -> None:
        self.sent += [p for p in (self.queue.dequeue() for _ in range(count)) if p is not None]

    def peek(self, _: int, __: int) -> None:
        self.queue.peek()

    def take(self, _: int, __: int) -> None:
        taken = self.queue.dequeue_peeked()
        self.sent += [] if taken is None else [taken]

    def change(self, limit_packets: int, _: int) -> None:
        self.sent += self.queue.change(limit_packets=limit_packets)

    def reset(self, _: int, __: int) -> None:
        self.sent += self.queue.reset(0)

    def play(self, events: list[tuple[str, int, int]]) -> None:
        for name, first, second in events:
            getattr(self, name)(first, second)


@settings(max_examples=100, deadline=None)
@given(FEATURES, st.integers(1, 20), EVENTS)
def test_no_packet_is_lost_or_doubled(
    features: Features, limit_packets: int, events: list[tuple[str, int, int]]
) -> None:
    book = Bookkeeper(features, limit_packets)
    book.play(events)
    check_that_each_packet_ended_once(book)


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 20), PEEKING)
def test_no_packet_is_lost_or_doubled_though_the_parent_peeks(
    limit_packets: int, events: list[tuple[str, int, int]]
) -> None:
    book = Bookkeeper(CURRENT, limit_packets)
    book.play(events)
    check_that_each_packet_ended_once(book)


def check_that_each_packet_ended_once(book: Bookkeeper) -> None:
    while book.queue.qlen_packets:
        book.take(0, 0)
    assert Counter(map(id, book.sent + book.gone)) == Counter(map(id, book.given))
    assert (book.queue.qlen_packets, book.queue.backlog_bytes) == (0, 0)
    assert book.queue.sent_packets == len(book.sent)
    assert book.queue.sent_bytes == sum(p.len_bytes for p in book.sent)
    assert book.queue.drops == len(book.gone)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 20), PEEKING)
def test_the_limit_is_never_exceeded(
    limit_packets: int, events: list[tuple[str, int, int]]
) -> None:
    book = Bookkeeper(CURRENT, limit_packets)
    for event in events:
        book.play([event])
        queue = book.queue
        waiting = [p for b in (queue.wdrr.heavy, queue.wdrr.light) for p in b.packets]
        waiting += [] if queue.peeked is None else [queue.peeked]
        assert queue.qlen_packets == len(waiting) <= queue.dump()["limit_packets"]
        assert queue.backlog_bytes == sum(p.len_bytes for p in waiting)


@settings(max_examples=100, deadline=None)
@given(
    st.integers(0, 5),
    st.lists(st.tuples(st.integers(0, 15), st.integers(0, 100)), max_size=80),
)
def test_the_table_never_holds_more_than_hh_limit_entries_and_counts_them_right(
    hh_limit: int, arrivals: list[tuple[int, int]]
) -> None:
    queue = make(hh_limit=hh_limit, admit_bytes=0, evict_timeout_us=400_000)  # 100 ticks
    now = 0
    for flow, pause_jiffies in arrivals:
        now += pause_jiffies
        queue.enqueue(packet((flow & 3) << 10 | flow >> 2), now)  # four slots of four flows
        entries = sum(map(len, queue.classifier.table.chains))
        assert queue.xstats().hh_cur_count == entries <= hh_limit


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 10),
    st.integers(256, 9000),
    st.lists(st.integers(60, 9000), min_size=20, max_size=60),
    st.lists(st.integers(60, 9000), min_size=20, max_size=60),
)
def test_while_both_buckets_wait_their_bytes_stay_within_one_turn_of_weight_to_one(
    weight: int, quantum_bytes: int, light: list[int], heavy: list[int]
) -> None:
    queue = make(quantum_bytes=quantum_bytes, non_hh_weight=weight, admit_bytes=2**32 - 1)
    make_heavy(queue, FLOW)
    for len_bytes in light:
        queue.enqueue(packet(OTHER, len_bytes, "light"), 0)
    for len_bytes in heavy:
        queue.enqueue(packet(FLOW, len_bytes, "heavy"), 0)
    sent = {"light": 0, "heavy": 0}
    while all(queue.bucket_lengths()):
        gone = queue.dequeue()
        assert gone is not None
        sent[str(gone.key)] += gone.len_bytes
        # Bytes sent are turns * turn - deficit. Light has had as many turns as heavy or one more;
        # a deficit is at most one turn, and more than -9000, the longest packet.
        difference_bytes = sent["light"] - weight * sent["heavy"]
        assert -weight * 9000 < difference_bytes < weight * quantum_bytes + 9000


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 10), st.integers(256, 3000))
def test_with_packets_that_divide_the_quantum_the_share_is_exact_to_one_turn(
    weight: int, packets_per_turn: int
) -> None:
    len_bytes, quantum_bytes = 100, 100 * (packets_per_turn % 9 + 3)
    queue = make(quantum_bytes=quantum_bytes, non_hh_weight=weight, admit_bytes=2**32 - 1)
    make_heavy(queue, FLOW)
    for _ in range(400):
        queue.enqueue(packet(OTHER, len_bytes, "light"), 0)
        queue.enqueue(packet(FLOW, len_bytes, "heavy"), 0)
    sent = {"light": 0, "heavy": 0}
    while all(queue.bucket_lengths()):
        sent[str(queue.dequeue().key)] += len_bytes  # type: ignore[union-attr]
        assert 0 <= sent["light"] - weight * sent["heavy"] <= weight * quantum_bytes


@settings(max_examples=100, deadline=None)
@given(
    st.integers(1, 20_000),
    st.lists(st.tuples(U32, st.integers(1, 3000), st.integers(0, 10)), max_size=200),
    U32,
    st.sampled_from([2**32 - 1, 0xC010_0401]),  # few bits: many collisions
    st.sampled_from([0, 2**32 - 5]),
)
def test_no_heavy_hitter_is_missed_while_the_table_has_room_and_the_interval_lasts(
    admit_bytes: int, others: list[tuple[int, int, int]], hash_: int, mask: int, start: int
) -> None:
    queue = make(admit_bytes=admit_bytes, now=start)  # the interval: ticks 0 to 10
    sent_bytes = 0
    arrivals = sorted([*others, *[(0, 500, 10)] * 50], key=lambda arrival: arrival[2])
    for other, len_bytes, tick in arrivals:
        now = (start + tick) % 2**32
        queue.enqueue(Packet(other & mask, len_bytes), now)
        outcome = queue.enqueue(Packet(hash_, 700), now)
        sent_bytes += 700
        if sent_bytes > admit_bytes:
            assert outcome.bucket == WDRR_BUCKET_FOR_HH


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 20_000), st.lists(st.tuples(U32, st.integers(1, 3000)), max_size=200))
def test_counters_never_exceed_admit_bytes(
    admit_bytes: int, arrivals: list[tuple[int, int]]
) -> None:
    queue = make(admit_bytes=admit_bytes)
    for hash_, len_bytes in arrivals:
        queue.enqueue(Packet(hash_ & 0xC010_0401, len_bytes), 0)  # few bits: many collisions
    assert all(max(a.counters_bytes) <= admit_bytes for a in queue.classifier.filter.arrays)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(U32, st.integers(1, 3000)), max_size=200))
def test_each_counter_of_a_flow_is_at_least_the_bytes_it_sent(
    arrivals: list[tuple[int, int]],
) -> None:
    filter_, sent = MultistageFilter(0), Counter[int]()
    for some_hash, len_bytes in arrivals:
        hash_ = some_hash & 0xC010_0401
        positions = filter_positions(hash_)
        filter_.record(positions, filter_.smallest_sum_bytes(positions, len_bytes))
        sent[hash_] += len_bytes
        assert filter_.smallest_sum_bytes(positions, 0) >= sent[hash_]


@pytest.mark.parametrize(
    ("heavy_flows", "expected"), [(0, 0), (1, 0), (300, 15)]
)  # 2000 * (300 / 1024)**4 = 14.7
def test_a_light_flow_is_captured_by_mistake_exactly_if_heavy_ones_cover_all_its_counters(
    heavy_flows: int, expected: int
) -> None:
    queue = make(admit_bytes=10_000, hh_limit=0)  # nobody is admitted, so all stay in the filter
    covered: list[set[int]] = [set(), set(), set(), set()]
    rng = random.Random(1)
    for _ in range(heavy_flows):
        hash_ = rng.getrandbits(32)
        queue.enqueue(Packet(hash_, 10_000), 0)
        for seen, position in zip(covered, filter_positions(hash_), strict=True):
            seen.add(position)
    queue.change(hh_limit=2048)
    mistakes = 0
    for _ in range(2000):  # one byte each: together too little to fill a counter
        hash_ = rng.getrandbits(32)
        hot = all(p in seen for p, seen in zip(filter_positions(hash_), covered, strict=True))
        assert queue.enqueue(Packet(hash_, 1), 0).admitted == hot
        mistakes += hot
    assert abs(mistakes - expected) <= 3 * expected**0.5
