# SPDX-License-Identifier: GPL-2.0-or-later
import pytest
from traffic_helpers import make, packet

from hhf_testbed.model import WDRR_BUCKET_FOR_HH, WDRR_BUCKET_FOR_NON_HH, Hhf
from hhf_testbed.model.hashing import filter_positions
from hhf_testbed.model.multistage_filter import MultistageFilter


def count_until_admitted(queue: Hhf, len_bytes: int) -> int:
    for number in range(1, 100_000):
        if queue.enqueue(packet(len_bytes=len_bytes), 0).admitted:
            return number
        queue.dequeue()
    raise AssertionError("never admitted")


@pytest.mark.parametrize(
    ("len_bytes", "number"),
    [
        (1514, 87),  # 86 * 1514 = 130204 <= 131072 < 87 * 1514 = 131718
        (1500, 88),  # 87 * 1500 = 130500 <= 131072 < 88 * 1500 = 132000
        (98, 1338),  # 1337 * 98 = 131026 <= 131072 < 1338 * 98 = 131124
        (65536, 3),  # 2 * 65536 = 131072 is not more than 131072
    ],
)
def test_a_lone_flow_becomes_heavy_with_the_first_packet_beyond_128_kib(
    len_bytes: int, number: int
) -> None:
    assert count_until_admitted(make(), len_bytes) == number == 131_072 // len_bytes + 1


def test_a_new_filter_has_counted_nothing_and_no_counter_is_valid() -> None:
    for array in MultistageFilter(0).arrays:
        assert not any(array.counters_bytes)
        assert not any(array.valid)


def test_the_capturing_packet_itself_goes_to_the_heavy_bucket() -> None:
    queue = make(admit_bytes=1000)
    assert queue.enqueue(packet(len_bytes=1000), 0).bucket == WDRR_BUCKET_FOR_NON_HH
    outcome = queue.enqueue(packet(len_bytes=1), 0)
    assert (outcome.bucket, outcome.admitted) == (WDRR_BUCKET_FOR_HH, True)


def test_capture_leaves_the_counters_alone_so_none_exceeds_the_threshold() -> None:
    queue = make(admit_bytes=1000)
    queue.enqueue(packet(len_bytes=900), 0)
    queue.enqueue(packet(len_bytes=900), 0)
    assert [max(a.counters_bytes) for a in queue.classifier.filter.arrays] == [900] * 4


def test_a_refused_admission_leaves_the_counters_alone_too() -> None:
    queue = make(admit_bytes=1000, hh_limit=0)
    for _ in range(3):
        queue.enqueue(packet(len_bytes=900), 0)
    assert [max(a.counters_bytes) for a in queue.classifier.filter.arrays] == [900] * 4


def test_a_known_heavy_hitter_is_no_longer_counted() -> None:
    queue = make(admit_bytes=1000)
    for _ in range(5):
        queue.enqueue(packet(len_bytes=600), 0)
    assert [max(a.counters_bytes) for a in queue.classifier.filter.arrays] == [600] * 4


def test_conservative_update_lifts_no_counter_above_the_smallest_plus_the_packet() -> None:
    filter_ = MultistageFilter(0)
    heavy, light = filter_positions(0x0000_0001), filter_positions(0x4000_0001)
    assert [h == w for h, w in zip(heavy, light, strict=True)] == [True, True, True, False]
    for positions, len_bytes in ((heavy, 5000), (light, 100)):
        filter_.record(positions, filter_.smallest_sum_bytes(positions, len_bytes))
    values = [a.read(i) for a, i in zip(filter_.arrays, light, strict=True)]
    assert values == [5000, 5000, 5000, 100]  # not 5100: the fourth proves only 100 bytes


def test_a_flow_that_shares_three_counters_with_a_heavy_one_stays_light() -> None:
    queue = make(admit_bytes=1000)
    queue.enqueue(packet(0x0000_0001, 1000), 0)
    assert queue.enqueue(packet(0x4000_0001, 1000), 0).bucket == WDRR_BUCKET_FOR_NON_HH


@pytest.mark.parametrize(
    ("hz", "period_jiffies", "period_ms"),
    [(100, 5, 50), (250, 11, 44), (300, 13, 43), (1000, 41, 41)],
)
def test_a_40_ms_timeout_resets_after_one_tick_more(
    hz: int, period_jiffies: int, period_ms: int
) -> None:
    assert period_jiffies * 1000 // hz == period_ms
    for wait_jiffies, forgotten in ((period_jiffies - 1, False), (period_jiffies, True)):
        queue = make(hz=hz, admit_bytes=1000)
        queue.enqueue(packet(len_bytes=1000), 0)
        assert queue.enqueue(packet(len_bytes=1000), wait_jiffies).admitted is not forgotten


def test_the_next_period_begins_with_the_packet_that_reset_not_with_the_deadline() -> None:
    queue = make(admit_bytes=1000)  # 10 ticks
    queue.enqueue(packet(len_bytes=1000), 100)  # resets at 100
    assert queue.enqueue(packet(len_bytes=1), 110).admitted


def test_a_timeout_of_zero_resets_each_tick() -> None:
    queue = make(admit_bytes=1000, reset_timeout_us=0)
    queue.enqueue(packet(len_bytes=600), 5)
    assert not queue.enqueue(packet(len_bytes=600), 6).admitted
    assert queue.enqueue(packet(len_bytes=600), 6).admitted


def test_the_reset_works_across_the_wrap_of_the_clock() -> None:
    queue = make(now=2**32 - 5, admit_bytes=1000)  # deadline: 2**32 - 5 + 10 = 5
    queue.enqueue(packet(len_bytes=600), 2**32 - 5)
    assert queue.enqueue(packet(len_bytes=600), 5).admitted
    queue = make(now=2**32 - 5, admit_bytes=1000)
    queue.enqueue(packet(len_bytes=600), 2**32 - 5)
    assert not queue.enqueue(packet(len_bytes=600), 6).admitted


def test_an_endless_timeout_has_always_expired_since_it_is_stored_as_minus_two() -> None:
    queue = make(admit_bytes=1000, reset_timeout_us=2**32 - 1)
    for _ in range(5):  # at the same tick, each of them resets the counters first
        assert not queue.enqueue(packet(len_bytes=600), 7).admitted


def test_counters_wrap_at_32_bits_so_the_highest_threshold_captures_nobody() -> None:
    queue = make(admit_bytes=2**32 - 1)
    positions = filter_positions(packet().hash_)
    queue.classifier.filter.smallest_sum_bytes(positions, 0)  # makes the counters valid
    queue.classifier.filter.record(positions, 2**32 - 1)
    assert not queue.enqueue(packet(len_bytes=1000), 0).admitted  # 2**32 + 999 became 999
    assert queue.classifier.filter.smallest_sum_bytes(positions, 0) == 2**32 - 1


def test_each_sum_wraps_before_the_smallest_is_chosen() -> None:
    filter_ = MultistageFilter(0)
    filter_.record([0, 0, 0, 0], 0)
    filter_.arrays[2].read(0)
    filter_.arrays[2].raise_to(0, 2**32 - 10)
    assert filter_.smallest_sum_bytes([0, 0, 0, 0], 50) == 40  # not 50
