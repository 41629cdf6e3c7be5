# SPDX-License-Identifier: GPL-2.0-or-later
from dataclasses import replace

import pytest
from traffic_helpers import FLOW, OTHER, make, make_heavy, packet, without

from hhf_testbed.model import CURRENT, Hhf
from hhf_testbed.model.features import Features

FIXED = replace(CURRENT, parent_told_on_cn=True)


def send(queue: Hhf, *packets: tuple[int, int]) -> None:
    for hash_, len_bytes in packets:
        arriving = packet(hash_, len_bytes)
        queue.parent.handed_down(arriving, queue.enqueue(arriving, 0))


def beliefs(queue: Hhf) -> tuple[int, int]:
    return queue.parent.qlen_packets, queue.parent.backlog_bytes


def drain_by_parent(queue: Hhf) -> None:
    while queue.peek():
        taken = queue.dequeue_peeked()
        assert taken is not None
        queue.parent.took_out(taken)


def test_while_nothing_is_dropped_the_parent_is_right() -> None:
    queue = make()
    send(queue, (FLOW, 60), (OTHER, 1000))
    assert beliefs(queue) == (queue.qlen_packets, queue.backlog_bytes) == (2, 1060)
    drain_by_parent(queue)
    assert beliefs(queue) == (0, 0)


def test_after_cn_the_parents_bytes_are_wrong_in_every_kernel_so_far() -> None:
    queue = make(limit_packets=2)
    send(queue, (OTHER, 60), (OTHER, 60), (OTHER, 1000))
    assert (queue.qlen_packets, queue.backlog_bytes) == (2, 1060)
    assert beliefs(queue) == (2, 120)
    assert queue.parent.drops == 1
    drain_by_parent(queue)
    assert beliefs(queue) == (0, 4_294_966_356)  # 120 - 60 - 1000 = -940


@pytest.mark.parametrize("lengths", [(60, 60, 1000), (1000, 60, 60)])
def test_telling_the_parent_the_difference_on_cn_would_mend_it(
    lengths: tuple[int, int, int],
) -> None:
    queue = make(FIXED, limit_packets=2)
    send(queue, *((OTHER, len_bytes) for len_bytes in lengths))
    assert beliefs(queue) == (queue.qlen_packets, queue.backlog_bytes)
    drain_by_parent(queue)
    assert beliefs(queue) == (0, 0)
    assert queue.parent.drops == 1


@pytest.mark.parametrize("features", [CURRENT, FIXED])
def test_a_drop_from_the_other_bucket_is_reported_right(features: Features) -> None:
    queue = make(features, limit_packets=2)
    make_heavy(queue, FLOW)
    send(queue, (FLOW, 900), (OTHER, 60), (OTHER, 1000))
    assert beliefs(queue) == (queue.qlen_packets, queue.backlog_bytes) == (2, 1060)
    assert queue.parent.drops == 1


def test_before_4_6_the_parent_learned_of_packets_but_not_of_bytes() -> None:
    queue = make(without("parent_told_bytes"), limit_packets=2)
    make_heavy(queue, FLOW)
    send(queue, (FLOW, 900), (OTHER, 60), (OTHER, 1000))
    assert beliefs(queue) == (2, 1960)
    queue.change(limit_packets=1)
    assert beliefs(queue) == (1, 1960)


def test_the_parents_counts_wrap_at_32_bits() -> None:
    queue = make()
    queue.parent.drops = 2**32 - 1
    queue.parent.reduce_backlog(2, 60)
    assert (queue.parent.drops, *beliefs(queue)) == (1, 2**32 - 2, 2**32 - 60)


def test_a_refused_packet_wraps_the_parents_drops_too() -> None:
    queue = make(limit_packets=0)
    queue.parent.drops = 2**32 - 1
    send(queue, (FLOW, 60))
    assert queue.parent.drops == 0
