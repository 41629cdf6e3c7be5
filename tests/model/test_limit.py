# SPDX-License-Identifier: GPL-2.0-or-later
import pytest
from traffic_helpers import FLOW, OTHER, drain, make, make_heavy, packet, without

from hhf_testbed.model import (
    NET_XMIT_CN,
    NET_XMIT_SUCCESS,
    WDRR_BUCKET_FOR_HH,
    WDRR_BUCKET_FOR_NON_HH,
    Hhf,
)


def test_codes_and_buckets_have_the_kernels_numbers() -> None:
    assert (NET_XMIT_SUCCESS, NET_XMIT_CN) == (0, 2)  # include/linux/netdevice.h
    assert (WDRR_BUCKET_FOR_HH, WDRR_BUCKET_FOR_NON_HH) == (0, 1)  # net/sched/sch_hhf.c


def test_the_queue_holds_exactly_limit_packets() -> None:
    queue = make(limit_packets=3)
    outcomes = [queue.enqueue(packet(key=number), 0) for number in range(4)]
    assert [o.dropped for o in outcomes[:3]] == [None] * 3
    assert queue.qlen_packets == 3
    assert drain(queue) == [1, 2, 3]  # the oldest was dropped, not the newest


def test_before_3_16_it_held_one_packet_less() -> None:
    queue = make(without("limit_inclusive"), limit_packets=3)
    for number in range(4):
        queue.enqueue(packet(key=number), 0)
    assert drain(queue) == [2, 3]


def test_before_3_16_a_limit_of_one_sent_nothing() -> None:
    queue = make(without("limit_inclusive"), limit_packets=1)
    outcome = queue.enqueue(packet(key="only"), 0)
    assert (outcome.code, outcome.dropped.key) == (NET_XMIT_CN, "only")  # type: ignore[union-attr]
    assert queue.dequeue() is None


def test_with_limit_zero_each_packet_is_dropped_at_once() -> None:
    queue = make(limit_packets=0)
    outcome = queue.enqueue(packet(key="own"), 0)
    assert (outcome.code, outcome.dropped.key) == (NET_XMIT_CN, "own")  # type: ignore[union-attr]
    assert (queue.qlen_packets, queue.backlog_bytes) == (0, 0)


def full_with_one_heavy() -> Hhf:
    queue = make(limit_packets=3)
    make_heavy(queue, FLOW)
    for number in range(2):
        queue.enqueue(packet(OTHER, 1000, f"light {number}"), 0)
    queue.enqueue(packet(FLOW, 700, "heavy 0"), 0)
    return queue


def test_a_light_packet_too_many_costs_the_heavy_flow_one_and_its_sender_hears_success() -> None:
    queue = full_with_one_heavy()
    outcome = queue.enqueue(packet(OTHER, 1000, "light 2"), 0)
    assert outcome.dropped.key == "heavy 0"  # type: ignore[union-attr]
    assert outcome.code == NET_XMIT_SUCCESS
    assert (queue.parent.drops, -queue.parent.backlog_bytes % 2**32) == (1, 700)


def test_a_heavy_packet_too_many_costs_the_oldest_heavy_one_and_its_sender_hears_cn() -> None:
    queue = full_with_one_heavy()
    outcome = queue.enqueue(packet(FLOW, 900, "heavy 1"), 0)
    assert outcome.dropped.key == "heavy 0"  # type: ignore[union-attr]
    assert outcome.code == NET_XMIT_CN
    assert queue.parent.drops == 0


def test_without_heavy_packets_the_oldest_light_one_goes_and_its_sender_hears_cn() -> None:
    queue = full_with_one_heavy()
    queue.enqueue(packet(OTHER, 1000, "light 2"), 0)
    outcome = queue.enqueue(packet(OTHER, 1000, "light 3"), 0)
    assert (outcome.dropped.key, outcome.code) == ("light 0", NET_XMIT_CN)  # type: ignore[union-attr]


def test_the_capturing_packet_may_itself_be_the_one_dropped() -> None:
    queue = make(limit_packets=1, admit_bytes=1000)
    queue.enqueue(packet(FLOW, 1000, "light"), 0)
    outcome = queue.enqueue(packet(FLOW, 1, "heavy"), 0)
    assert (outcome.dropped.key, outcome.admitted) == ("heavy", True)  # type: ignore[union-attr]
    assert repr(outcome) == (
        "Outcome(NET_XMIT_CN, dropped=Packet(hash_=0x12345678, len_bytes=1, key='heavy'), "
        "bucket=HH, admitted)"
    )


def test_each_overflow_drops_one_packet_and_counts_it_twice() -> None:
    queue = make(limit_packets=2)
    for _ in range(5):
        queue.enqueue(packet(), 0)
    assert (queue.drops, queue.xstats().drop_overlimit, queue.qlen_packets) == (3, 3, 2)


def test_a_success_says_so() -> None:
    assert repr(make().enqueue(packet(), 0)) == (
        "Outcome(NET_XMIT_SUCCESS, dropped=None, bucket=NON_HH)"
    )


@pytest.mark.parametrize("name", ["drops", "drop_overlimit"])
def test_drop_counts_wrap_at_32_bits(name: str) -> None:
    queue = make(limit_packets=0)
    setattr(queue, name, 2**32 - 1)
    queue.enqueue(packet(), 0)
    assert getattr(queue, name) == 0
