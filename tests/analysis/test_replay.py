# SPDX-License-Identifier: GPL-2.0-or-later
import numpy as np
import pytest
from handmade import START_NS
from walks import walk

from hhf_testbed.analysis.passage import NEVER
from hhf_testbed.analysis.replay import Clock, flow_hash, replay, sharing_bound
from hhf_testbed.model import Hhf
from hhf_testbed.params import HhfParams

CLOCK = Clock(250, START_NS)
PARAMS = {"admit_bytes": 3000, "quantum_bytes": 1000}
ARRIVALS = "0 +A1 +A2 +A3 +A4 +B1 +A5 "
RIGHT = "10 -A1 20 -A2 30 -A4 40 -A3 50 -B1 60 -A5"
"""By hand. A1 to A3 fill the counters to 3000 bytes; A4 makes it 4000, so A4 and A5 are heavy.
The light bucket is new and may send 2000 bytes: A1, A2. In debt it goes behind the heavy one, which
sends its 1000: A4. Then light has 2000 more: A3, B1. Then heavy has 1000 more: A5."""


def played(text, samples=(), **params):
    passage, names = walk(text)
    hhf = Hhf(HhfParams(**PARAMS | params), hz=250, now_jiffies=CLOCK.jiffies(START_NS))
    return replay(passage, hhf, CLOCK, [START_NS + s for s in samples]), names


def test_the_order_worked_out_by_hand_is_what_the_model_says():
    result, _ = played(ARRIVALS + RIGHT)
    assert (result.same, result.departures, result.first_difference) == (6, 6, "")


def test_two_departures_that_changed_places_are_found_at_the_first_of_them():
    result, _ = played(ARRIVALS + "10 -A1 20 -A2 30 -A3 40 -A4 50 -B1 60 -A5")
    assert (result.same, result.departures) == (4, 6)
    assert result.first_difference == (
        f"departure 2 (the first is 0), at {START_NS + 30} ns: "
        "the kernel sent packet 2 (A), the model packet 3 (A)"
    )


def test_the_predicted_time_is_that_of_the_departure_which_the_model_gives_the_packet():
    result, names = played(ARRIVALS + "10 -A1 20 -A2 30 -A3 40 -A4 50 -B1 60 -A5")
    assert result.leave_ns[names.index("A4")] - START_NS == 30
    assert result.leave_ns[names.index("A3")] - START_NS == 40


def test_a_departure_for_which_the_model_has_nothing_is_a_difference():
    passage, _ = walk("0 +A1 +B1 10 -A1 20 -B1", len_bytes=1000)
    hhf = Hhf(HhfParams(limit_packets=1, **PARAMS), now_jiffies=CLOCK.jiffies(START_NS))
    result = replay(passage, hhf, CLOCK, [])
    assert result.same == 0
    assert "the kernel sent packet 0 (A), the model packet 1 (B)" in result.first_difference
    assert (result.leave_ns == NEVER).tolist() == [True, False]


def test_over_the_limit_the_oldest_heavy_packet_is_dropped_when_the_next_comes():
    result, names = played("0 +A1 +A2 +A3 +A4 +B1 7 +A5", limit_packets=5)
    dropped = np.flatnonzero(result.drop_ns != NEVER)
    assert [names[number] for number in dropped] == ["A4"]
    assert result.drop_ns[dropped[0]] - START_NS == 7


def test_an_admission_has_its_flow_and_its_time():
    result, _ = played("0 +A1 +B1 5 +A2 +A3 9 +A4 +A5")
    assert result.admissions == ((0, START_NS + 9),)


def test_a_sample_sees_what_happened_up_to_its_time_and_nothing_later():
    result, _ = played("0 +A1 +A2 +A3 5 +A4 9 +B1 10 -A1 20 -A2 30 -A4", [4, 5, 10, 29, 99])
    assert result.heavy.tolist() == [0, 1, 1, 1, 0]
    assert result.others.tolist() == [3, 3, 3, 2, 2]


def test_counts_are_those_at_the_last_sample():
    result, _ = played("0 +A1 +A2 +A3 +A4 5 +B1 7 +A5", [6], limit_packets=4)
    assert (result.drops, result.xstats.drop_overlimit) == (1, 1)
    assert (result.xstats.hh_tot_count, result.xstats.hh_cur_count) == (1, 1)


def test_the_filter_is_reset_by_the_first_packet_after_more_than_the_time_out():
    """At HZ 250 the default of 40 ms is ten ticks, and eleven must have passed."""
    late, _ = played("0 +A1 +A2 +A3 43999999 +A4")
    later, _ = played("0 +A1 +A2 +A3 44000000 +A4")
    assert (len(late.admissions), len(later.admissions)) == (1, 0)


def test_a_time_stamp_that_goes_back_does_not_turn_the_clock_back():
    result, _ = played("8000000 +A1 +A2 +A3 3999999 +A4 9000000 -A1 -A2 -A4")
    assert result.same == 3


@pytest.mark.parametrize(
    ("since_boot_ns", "jiffies"),
    [
        (0, 2**32 - 75_000),
        (3_999_999, 2**32 - 75_000),
        (4_000_000, 2**32 - 74_999),
        (299_999_999_999, 2**32 - 1),
        (300_000_000_000, 0),
    ],
)
def test_jiffies_start_300_s_before_they_wrap_and_count_whole_ticks(since_boot_ns, jiffies):
    assert CLOCK.jiffies(START_NS + since_boot_ns) == jiffies


def test_both_directions_of_a_connection_have_one_hash_and_others_have_others():
    there, back = flow_hash((6, 1, 2, 3, 4)), flow_hash((6, 2, 1, 4, 3))
    assert there == back
    assert len({there, flow_hash((17, 1, 2, 3, 4)), flow_hash((6, 1, 2, 3, 5))}) == 3
    assert 0 < there < 2**32


def test_the_bound_on_shared_counters_counts_the_flows_of_each_period():
    passage, _ = walk("0 +A1 +B1 50 +P1 100 +A2 +A3")
    assert sharing_bound(passage, 100) == pytest.approx(3 * (2 / 1024) ** 4)
    assert sharing_bound(passage, 50) == pytest.approx(2 * (1 / 1024) ** 4)
