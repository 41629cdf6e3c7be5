# SPDX-License-Identifier: GPL-2.0-or-later
import pytest
from traffic_helpers import FLOW, OTHER, drain, make, make_heavy, packet, without

from hhf_testbed.errors import RequestError
from hhf_testbed.model import Hhf, LockupError, RefusedError, initial_params
from hhf_testbed.model.features import CURRENT, EARLY_6_12, LINUX_5_10, SEED_2013, Features
from hhf_testbed.params import HhfParams

DEFAULTS = {
    "limit_packets": 1000,
    "quantum_bytes": 1514,
    "hh_limit": 2048,
    "reset_timeout_us": 40_000,
    "admit_bytes": 131_072,
    "evict_timeout_us": 1_000_000,
    "non_hh_weight": 2,
}
OTHERS = {
    "limit_packets": 7,
    "quantum_bytes": 9000,
    "hh_limit": 500,
    "reset_timeout_us": 100_000,
    "admit_bytes": 100_000,
    "evict_timeout_us": 500_000,
    "non_hh_weight": 10,
}


@pytest.mark.parametrize("hz", [100, 250, 300, 1000])
def test_the_defaults_are_the_kernels(hz: int) -> None:
    assert make(hz=hz).dump() == DEFAULTS


@pytest.mark.parametrize("hz", [100, 250, 300, 1000])
def test_dump_shows_what_was_asked_for_where_it_is_whole_ticks(hz: int) -> None:
    assert make(hz=hz, **OTHERS).dump() == OTHERS


@pytest.mark.parametrize("name", DEFAULTS)
def test_change_changes_what_it_names_and_nothing_else(name: str) -> None:
    queue = make()
    assert queue.change(**{name: OTHERS[name]}) == []
    assert queue.dump() == {**DEFAULTS, name: OTHERS[name]}


def test_an_empty_change_keeps_odd_values() -> None:
    queue = make(hz=300, reset_timeout_us=2**32 - 1, evict_timeout_us=1)
    queue.change()
    assert queue.dump()["reset_timeout_us"] == 1_431_649_098
    assert queue.dump()["evict_timeout_us"] == 3333


@pytest.mark.parametrize(("asked_us", "shown_us"), [(1, 4000), (4000, 4000), (4001, 8000), (0, 0)])
def test_timeouts_are_rounded_up_to_ticks(asked_us: int, shown_us: int) -> None:
    queue = make(hz=250)
    queue.change(reset_timeout_us=asked_us, evict_timeout_us=asked_us)
    assert queue.dump()["reset_timeout_us"] == queue.dump()["evict_timeout_us"] == shown_us


# refusals


def refused(queue: Hhf, **changes: int) -> RefusedError:
    before = queue.dump()
    with pytest.raises(RefusedError) as caught:
        queue.change(**changes)
    assert queue.dump() == before
    return caught.value


def test_quantum_times_weight_must_fit_31_bits() -> None:
    queue = make()
    queue.change(quantum_bytes=2**30 - 1)
    assert queue.dump()["quantum_bytes"] * 2 == 2**31 - 2
    error = refused(queue, quantum_bytes=2**30, limit_packets=5)
    assert error.errno == 22
    assert str(error) == (
        "quantum_bytes 1073741824 times non_hh_weight 2 is 2147483648; "
        "allowed is 1 to 2147483647 (the kernel answers EINVAL)"
    )
    queue.change(quantum_bytes=2**31 - 1, non_hh_weight=1)


def test_weight_zero_is_refused() -> None:
    assert refused(make(), non_hh_weight=0).errno == 22


def test_quantum_zero_is_refused_where_there_is_no_floor() -> None:
    assert refused(make(EARLY_6_12), quantum_bytes=0).errno == 22


@pytest.mark.parametrize(("asked", "stored"), [(0, 256), (255, 256), (256, 256), (257, 257)])
def test_a_small_quantum_is_lifted_to_256(asked: int, stored: int) -> None:
    queue = make()
    queue.change(quantum_bytes=asked)
    assert queue.dump()["quantum_bytes"] == stored


def test_before_the_floor_a_quantum_of_one_byte_was_taken_as_it_was() -> None:
    assert make(EARLY_6_12, quantum_bytes=1).dump()["quantum_bytes"] == 1


def test_the_floor_applies_to_a_quantum_asked_for_not_to_an_old_one() -> None:
    queue = make(quantum_bytes=300)
    queue.settings.quantum_bytes = 100
    queue.change(limit_packets=5)
    assert queue.dump()["quantum_bytes"] == 100


def test_the_floor_may_push_the_product_over_the_edge() -> None:
    with pytest.raises(RefusedError, match="quantum_bytes 256 times non_hh_weight 8388608"):
        make(quantum_bytes=1, non_hh_weight=2**23)


def test_hh_limit_above_2048_is_out_of_range() -> None:
    queue = make()
    queue.change(hh_limit=2048)
    error = refused(queue, hh_limit=2049, limit_packets=5)
    assert error.errno == 34
    assert str(error) == "hh_limit is 2049; allowed is 0 to 2048 (the kernel answers ERANGE)"
    with pytest.raises(RefusedError):
        make(hh_limit=2049)


def test_out_of_range_is_answered_before_an_invalid_quantum() -> None:
    assert refused(make(), hh_limit=2049, non_hh_weight=0).errno == 34


def test_before_the_cap_change_took_any_hh_limit_and_add_lost_it() -> None:
    queue = make(EARLY_6_12, hh_limit=500)
    assert queue.dump()["hh_limit"] == 2048
    queue.change(hh_limit=2**32 - 1)
    assert queue.dump()["hh_limit"] == 2**32 - 1


def test_an_unknown_name_is_not_a_kernels_answer() -> None:
    with pytest.raises(RequestError, match="no parameter 'limit'; it has limit_packets, quantum"):
        make().change(limit=5)


@pytest.mark.parametrize("value", [-1, 2**32, True, "5", 5.0, None])
def test_a_value_that_is_no_32_bit_number_is_not_a_kernels_answer(value: int) -> None:
    queue = make()
    with pytest.raises(RequestError, match=r"admit_bytes is .*; allowed is a whole number, 0 to"):
        queue.change(limit_packets=5, admit_bytes=value)
    assert queue.dump() == DEFAULTS


def test_the_largest_values_of_32_bits_are_taken() -> None:
    queue = make()
    queue.change(limit_packets=2**32 - 1, admit_bytes=2**32 - 1)
    assert queue.dump()["limit_packets"] == queue.dump()["admit_bytes"] == 2**32 - 1


# 2013


def test_in_2013_a_refused_change_left_the_new_limit_and_the_lock_held() -> None:
    queue = make(SEED_2013)
    with pytest.raises(RefusedError, match=r"allowed is 0 to 2147483647 .*EINVAL"):
        queue.change(limit_packets=5, quantum_bytes=40960, non_hh_weight=300_000)
    assert queue.dump() == {**DEFAULTS, "limit_packets": 5}
    asks = (queue.dequeue, queue.change, lambda: queue.enqueue(packet(), 0), lambda: queue.reset(0))
    for ask in asks:
        with pytest.raises(LockupError, match=r"a refused change left the qdisc lock held$"):
            ask()


def test_in_2013_a_change_that_names_no_limit_keeps_it_when_refused() -> None:
    queue = make(SEED_2013)
    with pytest.raises(RefusedError):
        queue.change(quantum_bytes=2**31)
    assert queue.dump() == DEFAULTS


def test_out_of_range_is_answered_before_the_lock_is_taken() -> None:
    queue = make(without("checked_before_lock"))
    assert refused(queue, hh_limit=2049, limit_packets=5).errno == 34
    queue.change(limit_packets=5)


# trimming


def test_a_lower_limit_trims_in_the_order_of_dequeue_light_ones_first() -> None:
    queue = make()
    make_heavy(queue, FLOW)
    for number in range(2):
        queue.enqueue(packet(FLOW, 1000, f"heavy {number}"), 0)
        queue.enqueue(packet(OTHER, 1000, f"light {number}"), 0)
    assert [p.key for p in queue.change(limit_packets=2)] == ["light 0", "light 1"]
    assert drain(queue) == ["heavy 0", "heavy 1"]


def test_trimmed_packets_count_as_sent_not_as_dropped_and_the_parent_is_told() -> None:
    queue = make()
    for _ in range(5):
        queue.enqueue(packet(len_bytes=100), 0)
    queue.parent.qlen_packets, queue.parent.backlog_bytes = 5, 500
    queue.change(limit_packets=2)
    assert (queue.sent_packets, queue.sent_bytes, queue.drops) == (3, 300, 0)
    assert queue.xstats().drop_overlimit == 0
    assert (queue.parent.qlen_packets, queue.parent.backlog_bytes) == (2, 200)
    assert (queue.qlen_packets, queue.backlog_bytes) == (2, 200)


def test_a_limit_that_is_kept_trims_nothing() -> None:
    queue = make()
    for _ in range(5):
        queue.enqueue(packet(), 0)
    assert queue.change(limit_packets=5) == []


def test_in_2013_trimming_kept_limit_packets_though_enqueue_kept_one_less() -> None:
    queue = make(SEED_2013)
    for _ in range(5):
        queue.enqueue(packet(), 0)
    queue.change(limit_packets=3)
    assert queue.qlen_packets == 3


def with_a_peeked_packet(features: Features, queued: int) -> Hhf:
    queue = make(features)
    for number in range(queued):
        queue.enqueue(packet(len_bytes=100, key=number), 0)
    queue.peek()
    queue.parent.qlen_packets, queue.parent.backlog_bytes = queued, 100 * queued
    return queue


def test_the_peeked_packet_is_trimmed_first() -> None:
    queue = with_a_peeked_packet(CURRENT, 3)
    assert [p.key for p in queue.change(limit_packets=1)] == [0, 1]
    assert queue.peeked is None
    assert (queue.qlen_packets, queue.backlog_bytes) == (1, 100)
    assert (queue.parent.qlen_packets, queue.parent.backlog_bytes) == (1, 100)


def test_in_early_6_12_the_bytes_of_a_trimmed_peeked_packet_stayed_in_both_backlogs() -> None:
    queue = with_a_peeked_packet(EARLY_6_12, 3)
    queue.change(limit_packets=0)
    assert (queue.qlen_packets, queue.backlog_bytes) == (0, 100)
    assert (queue.parent.qlen_packets, queue.parent.backlog_bytes) == (0, 100)


def test_in_5_10_the_packets_behind_the_peeked_one_are_trimmed() -> None:
    queue = with_a_peeked_packet(LINUX_5_10, 3)
    assert [p.key for p in queue.change(limit_packets=1)] == [1, 2]
    assert queue.dequeue_peeked().key == 0  # type: ignore[union-attr]


def test_in_5_10_limit_zero_with_a_peeked_packet_hangs_the_machine() -> None:
    queue = with_a_peeked_packet(LINUX_5_10, 1)
    with pytest.raises(
        LockupError, match=r"^hhf_change waits for ever for the packet that the parent peeked at$"
    ):
        queue.change(limit_packets=0)
    with pytest.raises(LockupError, match="hangs since an earlier call"):
        queue.dequeue()


# init


@pytest.mark.parametrize(
    ("mtu_bytes", "quantum_bytes"),
    [(1500, 1514), (68, 256), (242, 256), (243, 257), (9000, 9014), (2**31 - 1, 2**20)],
)
def test_the_first_quantum_is_mtu_and_header_within_256_and_a_mebibyte(
    mtu_bytes: int, quantum_bytes: int
) -> None:
    assert initial_params(mtu_bytes, 14, CURRENT) == HhfParams(quantum_bytes=quantum_bytes)


def test_before_the_clamp_the_first_quantum_was_mtu_and_header() -> None:
    assert initial_params(68, 14, EARLY_6_12) == HhfParams(quantum_bytes=82)
    assert initial_params(2**20, 14, EARLY_6_12) == HhfParams(quantum_bytes=2**20 + 14)


def test_before_the_clamp_a_huge_mtu_was_refused() -> None:
    with pytest.raises(RefusedError) as caught:
        initial_params(2_147_483_634, 14, EARLY_6_12)
    assert caught.value.errno == 22


def test_mtu_and_header_wrap_at_32_bits() -> None:
    assert initial_params(2**32 - 1, 1001, EARLY_6_12).quantum_bytes == 1000
