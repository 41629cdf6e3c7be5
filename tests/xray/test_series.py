# SPDX-License-Identifier: GPL-2.0-or-later
"""Bins of time, and marks in them."""

import random

import pytest

from hhf_testbed.xray.marks import DROPPED, HEAVY, LIGHT, Marks, join_pairs
from hhf_testbed.xray.series import FIRST_BIN_NS, Bin, Series


def test_a_series_keeps_sums_and_greatest_values_when_its_bins_grow():
    series = Series(max_bins=8)
    for number in range(1000):
        bin_ = series.at(number * FIRST_BIN_NS)
        bin_.arrived_packets += 1
        bin_.heavy_packets = max(bin_.heavy_packets, number)
    rows = series.rows()
    assert len(rows) <= 8
    assert series.width_ns == 128 * FIRST_BIN_NS
    assert sum(row["arrived_packets"] for row in rows) == 1000
    assert [row["heavy_packets"] for row in rows] == [127, 255, 383, 511, 639, 767, 895, 999]
    assert [row["time_s"] for row in rows[:2]] == [0, 1.28]
    assert rows[0]["in_use_0"] is rows[0]["largest_counter_bytes"] is None


def test_a_series_may_skip_bins_and_look_back():
    series = Series(max_bins=8)
    series.at(3 * FIRST_BIN_NS).arrived_bytes += 1
    series.at(0).arrived_bytes += 1
    assert [row["arrived_bytes"] for row in series.rows()] == [1, 0, 0, 1]


def test_a_last_bin_without_a_partner_is_kept_when_bins_are_joined():
    series = Series(max_bins=8)
    series.at(2 * FIRST_BIN_NS).arrived_bytes += 1
    series.at(8 * FIRST_BIN_NS).arrived_bytes += 1
    assert [row["arrived_bytes"] for row in series.rows()] == [0, 1, 0, 0, 1]


def test_a_new_bin_begins_with_what_is_so_when_time_gets_there():
    waiting = [5]
    series = Series(lambda: Bin(heavy_packets=waiting[0]))
    waiting[0] = 7
    series.at(2 * FIRST_BIN_NS)
    waiting[0] = 0
    series.at(3 * FIRST_BIN_NS)
    assert [row["heavy_packets"] for row in series.rows()] == [5, 7, 7, 0]


@pytest.mark.parametrize("seed", range(5))
def test_marks_follow_a_series_whose_bins_grow(seed):
    rng, series, marks = random.Random(seed), Series(max_bins=16), Marks(0)
    times_ns = sorted(rng.randrange(400 * FIRST_BIN_NS) for _ in range(30))
    for time_ns in times_ns:
        marks.set(HEAVY, series.number(time_ns), series.halvings)
    expected = sorted({time_ns // series.width_ns for time_ns in times_ns})
    assert marks.bins(HEAVY, series.halvings) == expected
    assert marks.bins(LIGHT, series.halvings) == []


def test_marks_of_two_flows_are_added_whatever_the_width_of_their_bins():
    old, new = Marks(0), Marks(2)
    old.set(DROPPED, 13, 0)
    new.set(DROPPED, 1, 2)
    new.add(old, 3)
    assert new.bins(DROPPED, 3) == [0, 1]


@pytest.mark.parametrize(
    ("bits", "joined"), [(0, 0), (1, 1), (2, 1), (0b1100, 2), (1 << 999, 1 << 499)]
)
def test_a_joined_bit_is_set_if_either_was(bits, joined):
    assert join_pairs(bits) == joined
