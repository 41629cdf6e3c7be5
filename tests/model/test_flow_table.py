# SPDX-License-Identifier: GPL-2.0-or-later
import pytest
from traffic_helpers import FLOW, OTHER, make, make_heavy, packet

from hhf_testbed.model import WDRR_BUCKET_FOR_HH, WDRR_BUCKET_FOR_NON_HH, Hhf
from hhf_testbed.model.flow_table import FlowTable

A, B, C = 0x0000_0007, 0x1000_0007, 0x2000_0007  # one slot of table T, three flows
EXPIRED = 251  # at HZ 250, one second is 250 ticks, and "more than" makes it 251


def current(queue: Hhf) -> int:
    return queue.xstats().hh_cur_count


@pytest.mark.parametrize(
    ("idle_jiffies", "bucket"), [(250, WDRR_BUCKET_FOR_HH), (251, WDRR_BUCKET_FOR_NON_HH)]
)
def test_a_heavy_hitter_is_forgotten_after_more_than_one_second(
    idle_jiffies: int, bucket: int
) -> None:
    queue = make()
    make_heavy(queue)
    assert queue.enqueue(packet(), idle_jiffies).bucket == bucket


def test_each_packet_of_a_heavy_hitter_renews_its_entry() -> None:
    queue = make()
    make_heavy(queue)
    for now in (200, 400, 600):
        outcome = queue.enqueue(packet(), now)
        assert (outcome.bucket, outcome.admitted) == (WDRR_BUCKET_FOR_HH, False)


def test_the_expired_last_entry_is_kept_so_the_count_never_returns_to_zero() -> None:
    queue = make()
    make_heavy(queue)
    queue.enqueue(packet(), EXPIRED * 100)
    assert current(queue) == 1


def test_a_flow_that_returns_has_to_earn_its_own_entry_again() -> None:
    queue = make(admit_bytes=1000)
    make_heavy(queue)
    outcomes = [queue.enqueue(packet(), EXPIRED) for _ in range(2)]
    assert [o.admitted for o in outcomes] == [False, True]
    assert (queue.xstats().hh_tot_count, current(queue)) == (2, 1)


def test_an_expired_entry_is_reused_even_in_a_full_table() -> None:
    queue = make(admit_bytes=100)
    make_heavy(queue, A)
    queue.change(hh_limit=0)
    assert queue.enqueue(packet(B), EXPIRED).admitted
    assert (current(queue), queue.xstats().hh_overlimit) == (1, 0)


def test_a_live_entry_is_not_reused() -> None:
    queue = make(admit_bytes=100)
    make_heavy(queue, A)
    assert queue.enqueue(packet(B), EXPIRED - 1).admitted
    assert current(queue) == 2


def test_expired_entries_before_the_last_are_freed_by_a_packet_to_their_slot() -> None:
    queue = make()
    for hash_ in (A, B, C):
        make_heavy(queue, hash_)
    queue.enqueue(packet(FLOW), EXPIRED)  # another slot: nothing happens
    assert current(queue) == 3
    queue.enqueue(packet(A), EXPIRED)
    assert current(queue) == 1


def test_a_live_flow_behind_expired_ones_is_found() -> None:
    queue = make()
    for hash_ in (A, B, C):
        make_heavy(queue, hash_)
    queue.enqueue(packet(C), 200)
    assert queue.enqueue(packet(C), EXPIRED).bucket == WDRR_BUCKET_FOR_HH
    assert current(queue) == 1


def test_the_walk_goes_on_behind_live_entries_and_frees_only_those_it_passes() -> None:
    table = FlowTable()
    for hash_, now in ((A, 10), (B, 0), (C, 10)):
        assert table.admit(hash_, now, 250, 2048)
    assert table.hit(A, 255, 250)  # found first: B, expired, is not reached
    assert table.current_flows == 3
    assert table.hit(C, 255, 250)
    assert table.current_flows == 2


def table_of_a_live_and_an_expired_last_entry() -> FlowTable:
    table = FlowTable()
    for hash_, now in ((A, 10), (B, 0)):
        assert table.admit(hash_, now, 250, 2048)
    assert not table.hit(C, 255, 250)
    return table


def test_an_expired_entry_is_kept_as_the_last_of_two_as_well_as_alone() -> None:
    table = table_of_a_live_and_an_expired_last_entry()
    assert table.current_flows == len(table.chains[7]) == 2


def test_only_the_last_entry_is_taken_over_and_only_by_the_new_flow() -> None:
    table = table_of_a_live_and_an_expired_last_entry()
    assert table.admit(C, 255, 250, 2048)
    assert table.current_flows == 2
    assert [table.hit(hash_, 255, 250) for hash_ in (A, B, C)] == [True, False, True]
    assert table.hit(C, 255 + 250, 250)  # the entry's time is the new flow's, too


@pytest.mark.parametrize(("known", "asked"), [(A, B), (B, A)])
def test_a_flow_is_known_by_its_whole_hash(known: int, asked: int) -> None:
    table = FlowTable()
    table.admit(known, 0, 250, 2048)
    assert not table.hit(asked, 0, 250)


def test_entries_expire_across_the_wrap_of_the_clock() -> None:
    queue = make(now=2**32 - 100)
    make_heavy(queue)
    assert queue.enqueue(packet(), 150).bucket == WDRR_BUCKET_FOR_HH  # 250 ticks later
    queue = make(now=2**32 - 100)
    make_heavy(queue)
    assert queue.enqueue(packet(), 151).bucket == WDRR_BUCKET_FOR_NON_HH


def test_a_full_table_lets_heavy_flows_pass_and_counts_each_packet() -> None:
    queue = make(admit_bytes=100, hh_limit=1)
    assert queue.enqueue(packet(FLOW), 0).admitted
    outcomes = [queue.enqueue(packet(OTHER), 0) for _ in range(3)]
    assert [o.bucket for o in outcomes] == [WDRR_BUCKET_FOR_NON_HH] * 3
    assert (queue.xstats().hh_overlimit, queue.xstats().hh_tot_count) == (3, 1)


def test_hh_limit_zero_means_no_heavy_hitters_at_all() -> None:
    queue = make(admit_bytes=0, hh_limit=0)
    assert queue.enqueue(packet(), 0).bucket == WDRR_BUCKET_FOR_NON_HH
    assert (queue.xstats().hh_overlimit, current(queue)) == (1, 0)


def test_lowering_hh_limit_evicts_nobody() -> None:
    queue = make()
    for hash_ in (FLOW, OTHER):
        make_heavy(queue, hash_)
    queue.change(hh_limit=1)
    assert current(queue) == 2
    assert queue.enqueue(packet(OTHER), 0).bucket == WDRR_BUCKET_FOR_HH


def test_a_table_fuller_than_its_lowered_limit_admits_nobody() -> None:
    table = FlowTable()
    for hash_ in (A, B):
        assert table.admit(hash_, 0, 250, 2)
    assert not table.admit(C, 0, 250, 1)
    assert (table.current_flows, table.overlimit) == (2, 1)


def test_two_connections_with_one_hash_are_one_flow() -> None:
    queue = make(admit_bytes=1000)
    outcomes = [queue.enqueue(packet(FLOW, 600, key), 0) for key in ("ssh", "backup")]
    assert outcomes[1].admitted


def test_total_and_overlimit_wrap_at_32_bits() -> None:
    table = FlowTable()
    table.total_flows = table.overlimit = 2**32 - 1
    table.admit(A, 0, 1, 1)
    table.admit(B, 0, 1, 1)
    assert (table.total_flows, table.overlimit) == (0, 0)


def test_the_table_answers_yes_or_no() -> None:
    table = FlowTable()
    assert table.hit(A, 0, 1) is False
    assert table.admit(A, 0, 1, 0) is False
    assert table.admit(A, 0, 1, 1) is True
    assert table.hit(A, 0, 1) is True
