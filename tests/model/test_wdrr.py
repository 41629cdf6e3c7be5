# SPDX-License-Identifier: GPL-2.0-or-later
from itertools import pairwise

import pytest
from traffic_helpers import FLOW, OTHER, drain, make, make_heavy, packet, without

from hhf_testbed.model import Hhf, LockupError
from hhf_testbed.model.features import SEED_2013


def both_backlogged(len_bytes: int, each: int, **params: int) -> Hhf:
    queue = make(limit_packets=2 * each, admit_bytes=2**32 - 1, **params)
    make_heavy(queue, FLOW)
    for _ in range(each):
        queue.enqueue(packet(FLOW, len_bytes, "heavy"), 0)
        queue.enqueue(packet(OTHER, len_bytes, "light"), 0)
    return queue


def test_new_buckets_are_empty_owe_nothing_and_stand_in_no_line() -> None:
    wdrr = make().wdrr
    for bucket in (wdrr.heavy, wdrr.light):
        assert (len(bucket.packets), bucket.deficit_bytes, bucket.listed) == (0, 0, False)
    assert wdrr.new == wdrr.old == []


def test_with_both_buckets_full_light_and_heavy_share_bytes_two_to_one() -> None:
    queue = both_backlogged(1514, 100)  # a turn of 2 * 1514 and one of 1514 bytes
    keys = drain(queue)[:90]
    assert (keys.count("light"), keys.count("heavy")) == (60, 30)
    assert keys[:6] == ["light", "light", "heavy"] * 2


def test_packets_longer_than_the_deficit_leave_and_the_debt_is_paid_later() -> None:
    queue = both_backlogged(1000, 30, non_hh_weight=1, quantum_bytes=1514)
    # deficits: light 1514, 514, -486: two packets; then heavy the same; with -486 + 1514 = 1028
    # each has two again (1028, 28, -972), then 542 is one (-458), then 1056 is two (56, -944)
    assert (
        drain(queue)[:14]
        == ["light"] * 2
        + ["heavy"] * 2
        + ["light"] * 2
        + ["heavy"] * 2
        + [
            "light",
            "heavy",
        ]
        + ["light"] * 2
        + ["heavy"] * 2
    )


def test_a_burst_of_light_packets_overtakes_heavy_ones_already_waiting() -> None:
    queue = make(admit_bytes=2**32 - 1)
    make_heavy(queue, FLOW)
    for number in range(3):
        queue.enqueue(packet(FLOW, 1000, f"heavy {number}"), 0)
    queue.enqueue(packet(OTHER, 100, "light"), 0)
    assert drain(queue) == ["light", "heavy 0", "heavy 1", "heavy 2"]


def test_an_emptied_light_bucket_passes_through_the_old_line_while_heavy_ones_wait() -> None:
    queue = make(admit_bytes=2**32 - 1)
    make_heavy(queue, FLOW)
    for number in range(3):
        queue.enqueue(packet(FLOW, 1514, f"heavy {number}"), 0)
    queue.enqueue(packet(OTHER, 100, "light 0"), 0)
    assert [queue.dequeue().key, queue.dequeue().key] == ["light 0", "heavy 0"]  # type: ignore[union-attr]
    queue.enqueue(packet(OTHER, 100, "light 1"), 0)  # still in the old line, with 2928 bytes left
    # heavy is in debt (1514 - 1514 = 0): light's turn
    assert drain(queue) == ["light 1", "heavy 1", "heavy 2"]


def test_an_emptied_light_bucket_that_detoured_cannot_jump_the_heavy_bucket_again() -> None:
    queue = make(admit_bytes=2**32 - 1, quantum_bytes=3000)
    make_heavy(queue, FLOW)
    for number in range(3):
        queue.enqueue(packet(FLOW, 1000, f"heavy {number}"), 0)
    queue.enqueue(packet(OTHER, 100, "light 0"), 0)
    assert [queue.dequeue().key, queue.dequeue().key] == ["light 0", "heavy 0"]  # type: ignore[union-attr]
    queue.enqueue(packet(OTHER, 100, "light 1"), 0)
    assert drain(queue) == ["heavy 1", "heavy 2", "light 1"]  # the heavy turn of 3000 bytes ends


def test_an_idle_bucket_comes_back_with_a_fresh_turn_whatever_it_owed() -> None:
    queue = make(quantum_bytes=300, admit_bytes=2**32 - 1)
    make_heavy(queue, FLOW)
    queue.enqueue(packet(OTHER, 10_000, "jumbo"), 0)
    assert drain(queue) == ["jumbo"]  # 600 - 10000 = -9400; repaid by empty turns, then retired
    queue.enqueue(packet(FLOW, 100, "heavy"), 0)
    queue.enqueue(packet(OTHER, 100, "light"), 0)
    assert queue.wdrr.light.deficit_bytes == 600
    assert drain(queue) == ["light", "heavy"]


def test_a_heavy_bucket_starts_with_one_quantum_in_the_old_line() -> None:
    queue = make(admit_bytes=0, quantum_bytes=700, non_hh_weight=3)
    queue.enqueue(packet(FLOW), 0)
    assert (queue.wdrr.old, queue.wdrr.new) == ([queue.wdrr.heavy], [])
    assert queue.wdrr.heavy.deficit_bytes == 700


def test_within_a_bucket_packets_keep_their_order() -> None:
    queue = make()
    for number in range(50):
        queue.enqueue(packet(FLOW, 1000, number), 0)
    assert all(a < b for a, b in pairwise(drain(queue)))  # type: ignore[operator]


def test_a_packet_much_longer_than_the_turn_is_repaid_in_many_empty_turns() -> None:
    queue = make(without("quantum_floor"), quantum_bytes=1, non_hh_weight=1, admit_bytes=2**32 - 1)
    queue.enqueue(packet(FLOW, 50_000, "giant"), 0)
    queue.enqueue(packet(FLOW, 60, "next"), 0)
    assert queue.dequeue().key == "giant"  # type: ignore[union-attr]
    assert queue.wdrr.light.deficit_bytes == 1 - 50_000
    assert queue.dequeue().key == "next"  # type: ignore[union-attr]
    assert queue.wdrr.light.deficit_bytes == 1 - 60


def test_a_deficit_of_zero_is_used_up() -> None:
    queue = both_backlogged(1000, 3, quantum_bytes=1000, non_hh_weight=1)
    assert drain(queue) == ["light", "heavy"] * 3


@pytest.mark.parametrize("zero", ["quantum_bytes", "non_hh_weight"])
def test_quantum_or_weight_zero_hangs_the_2013_kernel(zero: str) -> None:
    queue = make(SEED_2013)
    queue.change(**{zero: 0})
    queue.enqueue(packet(), 0)
    with pytest.raises(LockupError, match=r"hhf_dequeue never returns: .* are used$"):
        queue.dequeue()


def test_weight_zero_hangs_only_once_no_heavy_packet_is_left() -> None:
    queue = make(SEED_2013, admit_bytes=2**32 - 1)
    make_heavy(queue, FLOW)
    queue.change(non_hh_weight=0)
    for number in range(3):
        queue.enqueue(packet(FLOW, 1514, number), 0)
    queue.enqueue(packet(OTHER, 60, "starved"), 0)
    assert [queue.dequeue().key for _ in range(3)] == [0, 1, 2]  # type: ignore[union-attr]
    with pytest.raises(LockupError):
        queue.dequeue()


def test_a_bucket_in_debt_hangs_the_2013_kernel_once_weight_is_zero() -> None:
    queue = make(SEED_2013)
    for len_bytes in (3100, 60):
        queue.enqueue(packet(OTHER, len_bytes), 0)
    queue.dequeue()  # a turn of 3028 bytes: 72 bytes of debt
    queue.change(non_hh_weight=0)
    with pytest.raises(LockupError):
        queue.dequeue()


def test_a_last_byte_of_deficit_sends_one_more_packet_before_quantum_zero_hangs() -> None:
    queue = make(SEED_2013, quantum_bytes=302, admit_bytes=2**32 - 1)
    make_heavy(queue, FLOW)  # by a packet of 1 byte
    for number in range(3):
        queue.enqueue(packet(FLOW, 300, number), 0)
    assert queue.dequeue().key == 0  # type: ignore[union-attr]
    assert queue.wdrr.heavy.deficit_bytes == 1
    queue.change(quantum_bytes=0)
    queue.enqueue(packet(OTHER, 60, "starved"), 0)
    assert queue.dequeue().key == 1  # type: ignore[union-attr]
    with pytest.raises(LockupError):
        queue.dequeue()
