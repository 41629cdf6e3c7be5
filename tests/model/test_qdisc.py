# SPDX-License-Identifier: GPL-2.0-or-later
from dataclasses import FrozenInstanceError

import pytest
from traffic_helpers import FLOW, OTHER, make, make_heavy, packet, without

from hhf_testbed.errors import RequestError
from hhf_testbed.model import WDRR_BUCKET_FOR_HH, WDRR_BUCKET_FOR_NON_HH, Hhf, Packet, Xstats
from hhf_testbed.model.packet import MAX_LEN_BYTES
from hhf_testbed.params import HhfParams


def test_sent_counts_bytes_and_the_segments_of_super_packets() -> None:
    queue = make()
    queue.enqueue(Packet(FLOW, 3028, segments=2), 0)
    queue.enqueue(Packet(FLOW, 60), 0)
    assert (queue.sent_packets, queue.sent_bytes) == (0, 0)
    while queue.dequeue():
        pass
    assert (queue.sent_packets, queue.sent_bytes) == (3, 3088)


def test_backlog_is_the_bytes_in_both_buckets() -> None:
    queue = make()
    make_heavy(queue, FLOW)
    queue.enqueue(packet(FLOW, 700), 0)
    queue.enqueue(packet(OTHER, 60), 0)
    queue.enqueue(packet(OTHER, 60), 0)
    assert (queue.backlog_bytes, queue.qlen_packets) == (820, 3)
    assert queue.bucket_lengths() == (1, 2)


def test_a_new_qdisc_is_empty_and_has_counted_nothing() -> None:
    queue = Hhf(HhfParams())
    assert queue.dequeue() is None
    assert queue.peek() is None
    assert queue.dequeue_peeked() is None
    assert queue.xstats() == Xstats(0, 0, 0, 0)
    assert (queue.qlen_packets, queue.backlog_bytes, queue.drops) == (0, 0, 0)
    assert (queue.sent_packets, queue.sent_bytes, queue.drop_overlimit) == (0, 0, 0)


def test_unless_told_otherwise_it_is_the_newest_kernel_at_hz_250_and_time_0() -> None:
    queue = Hhf(HhfParams(reset_timeout_us=1))
    assert queue.dump()["reset_timeout_us"] == 4000
    assert (queue.now_jiffies, queue.features) == (0, without())


def test_backlog_wraps_at_32_bits() -> None:
    queue = make()
    queue.backlog_bytes = 2**32 - 10
    queue.enqueue(packet(len_bytes=60), 0)
    assert queue.backlog_bytes == 50
    queue.dequeue()
    assert queue.backlog_bytes == 2**32 - 10


def test_backlog_wraps_at_32_bits_with_a_peeked_packet_too() -> None:
    queue = make()
    queue.enqueue(packet(len_bytes=60), 0)
    queue.backlog_bytes = 10
    queue.peek()  # leaves its bucket, 10 - 60, and stays in the queue
    assert queue.backlog_bytes == 10
    queue.dequeue_peeked()
    assert queue.backlog_bytes == 2**32 - 50


def test_trimming_across_the_wrap_tells_the_parent_the_right_bytes() -> None:
    queue = make()
    queue.enqueue(packet(len_bytes=60), 0)
    queue.backlog_bytes = 10
    queue.change(limit_packets=0)
    assert queue.backlog_bytes == 2**32 - 50
    assert queue.parent.backlog_bytes == 2**32 - 60


def test_all_but_the_parameters_is_given_by_name() -> None:
    with pytest.raises(TypeError):
        Hhf(HhfParams(), 250)  # type: ignore[misc]
    assert Hhf(params=HhfParams(), hz=1000).settings.hz == 1000


def test_statistics_are_a_snapshot() -> None:
    with pytest.raises(FrozenInstanceError):
        make().xstats().hh_cur_count = 1  # type: ignore[misc]


# peek


def test_a_peeked_packet_has_left_its_bucket_counts_as_sent_and_is_still_queued() -> None:
    queue = make()
    for number in range(2):
        queue.enqueue(packet(len_bytes=500, key=number), 0)
    peeked = queue.peek()
    assert peeked is not None
    assert peeked.key == 0
    assert queue.peek() is peeked
    assert queue.bucket_lengths() == (0, 1)
    assert (queue.qlen_packets, queue.backlog_bytes) == (2, 1000)
    assert (queue.sent_packets, queue.sent_bytes) == (1, 500)


def test_the_parent_gets_the_packet_it_peeked_at_and_then_the_next() -> None:
    queue = make()
    for number in range(2):
        queue.enqueue(packet(len_bytes=500, key=number), 0)
    queue.peek()
    taken = [queue.dequeue_peeked(), queue.dequeue_peeked(), queue.dequeue_peeked()]
    assert [p.key if p else None for p in taken] == [0, 1, None]
    assert (queue.qlen_packets, queue.backlog_bytes, queue.sent_packets) == (0, 0, 2)


def test_a_peeked_packet_counts_towards_the_limit() -> None:
    queue = make(limit_packets=1)
    queue.enqueue(packet(key="peeked"), 0)
    queue.peek()
    outcome = queue.enqueue(packet(key="dropped"), 0)
    assert outcome.dropped is not None
    assert outcome.dropped.key == "dropped"


def test_before_4_8_a_peeked_packet_was_missing_from_the_backlog() -> None:
    queue = make(without("peeked_bytes_counted"))
    queue.enqueue(packet(len_bytes=500), 0)
    queue.peek()
    assert (queue.qlen_packets, queue.backlog_bytes) == (1, 0)
    queue.dequeue_peeked()
    assert (queue.qlen_packets, queue.backlog_bytes) == (0, 0)


# reset


def reset_with_four_queued(queue: Hhf) -> list[object]:
    make_heavy(queue, FLOW)
    for number in range(3):
        queue.enqueue(packet(OTHER, 100, f"light {number}"), 0)
    queue.enqueue(packet(FLOW, 900, "heavy"), 0)
    queue.peek()
    return [gone.key for gone in queue.reset(5)]


def test_reset_throws_all_packets_away_and_counts_them_as_sent() -> None:
    queue = make()
    assert reset_with_four_queued(queue) == ["light 0", "light 1", "light 2", "heavy"]
    assert (queue.qlen_packets, queue.backlog_bytes, queue.bucket_lengths()) == (0, 0, (0, 0))
    assert (queue.sent_packets, queue.sent_bytes, queue.drops) == (1 + 4, 1 + 1200, 0)
    assert queue.peek() is None


def test_reset_forgets_heavy_hitters_and_keeps_their_total() -> None:
    queue = make()
    reset_with_four_queued(queue)
    assert queue.xstats() == Xstats(0, 0, hh_tot_count=1, hh_cur_count=0)
    assert queue.enqueue(packet(FLOW), 5).bucket == WDRR_BUCKET_FOR_NON_HH


def test_reset_forgets_counted_bytes_and_starts_a_new_period() -> None:
    queue = make(admit_bytes=1000)
    queue.enqueue(packet(len_bytes=1000), 0)
    queue.reset(5)
    assert not queue.enqueue(packet(len_bytes=1000), 5).admitted
    assert queue.enqueue(packet(len_bytes=1), 15).admitted  # 5 + 10 ticks have not passed
    queue.reset(20)
    assert not queue.enqueue(packet(len_bytes=1), 20).admitted


def test_before_7_2_heavy_hitters_survived_a_reset() -> None:
    queue = make(without("reset_forgets_flows"))
    reset_with_four_queued(queue)
    assert queue.xstats().hh_cur_count == 1
    assert queue.enqueue(packet(FLOW), 5).bucket == WDRR_BUCKET_FOR_HH


def test_before_7_2_counted_bytes_survived_a_reset() -> None:
    queue = make(without("reset_forgets_flows"), admit_bytes=1000)
    queue.enqueue(packet(len_bytes=1000), 0)
    queue.reset(5)
    assert queue.enqueue(packet(len_bytes=1), 5).admitted


# what may not be asked


@pytest.mark.parametrize("now", [9, 0, 10 + 2**31, 2**32 - 1])
def test_time_must_not_run_backwards(now: int) -> None:
    queue = make(now=10)
    with pytest.raises(RequestError, match=f"time runs backwards, from 10 to {now} jiffies"):
        queue.enqueue(packet(), now)
    with pytest.raises(RequestError, match="time runs backwards"):
        queue.reset(now)
    assert queue.qlen_packets == 0


@pytest.mark.parametrize("now", [10, 11, 10 + 2**31 - 1])
def test_time_may_stand_still_or_move_on(now: int) -> None:
    make(now=10).enqueue(packet(), now)


def test_time_may_wrap() -> None:
    queue = make(now=2**32 - 1)
    queue.enqueue(packet(), 2**32 - 1)
    queue.enqueue(packet(), 0)
    with pytest.raises(RequestError, match="backwards"):
        queue.enqueue(packet(), 2**32 - 1)


@pytest.mark.parametrize("now", [-1, 2**32])
def test_time_has_32_bits(now: int) -> None:
    with pytest.raises(
        RequestError, match=f"the time is {now} jiffies; allowed is 0 to 4294967295"
    ):
        make().enqueue(packet(), now)
    with pytest.raises(RequestError, match=f"the time is {now} jiffies"):
        make(now=now)
    make(now=2**32 - 1)


@pytest.mark.parametrize("len_bytes", [0, -1, MAX_LEN_BYTES + 1])
def test_empty_and_gigantic_packets_are_refused(len_bytes: int) -> None:
    with pytest.raises(RequestError, match=f"{len_bytes} bytes long; allowed is 1 to 1048576"):
        Packet(FLOW, len_bytes)


@pytest.mark.parametrize("hash_", [-1, 2**32])
def test_hashes_have_32_bits(hash_: int) -> None:
    with pytest.raises(RequestError, match=f"hash is {hash_}; allowed is 0 to 4294967295"):
        Packet(hash_, 60)


def test_the_extremes_of_hash_and_length_are_allowed() -> None:
    queue = make()
    for extreme in (Packet(0, 1), Packet(2**32 - 1, MAX_LEN_BYTES)):
        queue.enqueue(extreme, 0)
    assert queue.backlog_bytes == 1 + MAX_LEN_BYTES == 1 + 2**20
