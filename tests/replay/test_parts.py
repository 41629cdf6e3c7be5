# SPDX-License-Identifier: GPL-2.0-or-later
"""The bounded-memory parts of a replay: histogram, series, timeline, hashes."""

import random
from types import SimpleNamespace

import pytest

from hhf_testbed.measure.headers import FlowKey
from hhf_testbed.model import CURRENT, PROFILES
from hhf_testbed.replay import hashes
from hhf_testbed.replay.flows import Flow, FlowBook
from hhf_testbed.replay.hashes import flow_hash, same_flow
from hhf_testbed.replay.histogram import RELATIVE_ERROR, Histogram
from hhf_testbed.replay.series import FIRST_BIN_NS, Series
from hhf_testbed.replay.timeline import Timeline

KEY: FlowKey = (0x0800, 17, bytes(4), bytes((1, 2, 3, 4)), b"\0\1\0\2", b"")


@pytest.mark.parametrize("shape", ["even", "long tail", "small"])
def test_percentiles_are_within_the_stated_error_of_the_exact_ones(shape):
    rng = random.Random(3)
    draw = {
        "even": lambda: rng.randrange(10**9),
        "long tail": lambda: int(rng.paretovariate(0.5)),
        "small": lambda: rng.randrange(256),
    }[shape]
    values = sorted(draw() for _ in range(5000))
    histogram = Histogram()
    for value in values:
        histogram.add(value)
    for percent in (1, 50, 95, 99, 100):
        exact = values[max(0, -(-len(values) * percent // 100) - 1)]
        found = histogram.percentile_ns(percent)
        assert abs(found - exact) <= (exact * RELATIVE_ERROR if exact > 255 else 0), percent
    assert (histogram.least_ns, histogram.greatest_ns) == (values[0], values[-1])
    assert histogram.sum_ns == sum(values)


def test_a_histogram_takes_any_64_bit_time_and_an_empty_one_has_no_percentile():
    histogram = Histogram()
    assert histogram.percentile_ns(50) is None
    assert histogram.to_json()["max_ms"] is None
    for value in (0, 255, 256, 2**64 - 1):
        histogram.add(value)
        assert histogram.percentile_ns(100) == pytest.approx(value, rel=RELATIVE_ERROR)
        assert histogram.greatest_ns == value


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
    assert rows[0]["filter_in_use"] is None


def test_a_series_may_skip_bins_and_look_back():
    series = Series(max_bins=8)
    series.at(3 * FIRST_BIN_NS).admissions += 1
    series.at(0).admissions += 1
    assert [row["admissions"] for row in series.rows()] == [1, 0, 0, 1]


def test_a_last_bin_without_a_partner_is_kept_when_bins_are_joined():
    series = Series(max_bins=8)
    series.at(2 * FIRST_BIN_NS).admissions += 1
    series.at(8 * FIRST_BIN_NS).admissions += 1
    assert [row["admissions"] for row in series.rows()] == [0, 1, 0, 0, 1]


def test_a_timeline_counts_what_it_does_not_keep():
    timeline = Timeline(max_events=2)
    for time_ns in (3, 1, 2):
        timeline.add(time_ns, Flow(KEY, 1, 0), "admitted")
    assert [event.time_ns for event in timeline.events()] == [1, 3]
    assert timeline.lost == 1


def test_a_flow_that_was_forgotten_and_comes_back_is_known_again():
    book = FlowBook(1, CURRENT, max_flows=2)
    keys: list[FlowKey] = [
        (0x0800, 17, bytes(4), bytes(4), bytes((0, 0, 0, n)), b"") for n in (1, 2, 3)
    ]
    for n, key in enumerate(keys):
        book.flow(key, 0, 0).sent_bytes = 10 + n
    assert (book.distinct, book.forgotten, book.forgotten_bytes) == (3, 1, 10)
    back = book.flow(keys[0], 0, 0)
    assert back in list(book)
    assert (back.sent_bytes, book.distinct) == (0, 4)


def test_addresses_and_ports_are_sorted_each_for_itself_as_in_the_kernel():
    back = (0x0800, 17, KEY[3], KEY[2], b"\0\1\0\2", b"")
    assert same_flow(back, CURRENT) == same_flow(KEY, CURRENT)
    assert same_flow(back, PROFILES["2013"]) != same_flow(KEY, PROFILES["2013"])


def test_the_hash_has_32_bits_is_never_0_and_depends_on_key_and_flow():
    hashes = [flow_hash(KEY, seed, CURRENT) for seed in range(100)]
    assert all(0 < value < 2**32 for value in hashes)
    assert len(set(hashes)) == 100
    others = [flow_hash((*KEY[:5], bytes((n,))), 1, CURRENT) for n in range(100)]
    assert len(set(others)) == 100
    assert hashes == [flow_hash(KEY, seed, CURRENT) for seed in range(100)]


def test_a_hash_of_0_becomes_1_as_in_the_kernel(monkeypatch):
    nothing = SimpleNamespace(digest=lambda: bytes(4))
    monkeypatch.setattr(hashes.hashlib, "blake2b", lambda *_, **__: nothing)
    assert flow_hash(KEY, 1, CURRENT) == 1


def test_the_hash_of_2013_works_without_addresses():
    arp: FlowKey = (0x0806, 0, b"", b"", bytes(4), b"")
    assert 0 <= flow_hash(arp, 1, PROFILES["2013"]) < 2**32
