# SPDX-License-Identifier: GPL-2.0-or-later
"""The bounded-memory parts of a replay: histogram, flow book, hashes."""

import random
from types import SimpleNamespace

import pytest

from hhf_testbed.measure.headers import FlowKey
from hhf_testbed.model import CURRENT, PROFILES
from hhf_testbed.replay import hashes
from hhf_testbed.replay.flows import FlowBook
from hhf_testbed.replay.hashes import flow_hash, same_flow
from hhf_testbed.replay.histogram import RELATIVE_ERROR, Histogram

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
