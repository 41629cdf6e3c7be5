# SPDX-License-Identifier: GPL-2.0-or-later
"""The numbers of the shaper, and what a comparison makes of a wrong one. No kernel is asked."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hhf_testbed.errors import LabFailure, RequestError
from hhf_testbed.tc.bottleneck import ReadBack, differences
from hhf_testbed.tc.netns import in_netns
from hhf_testbed.tc.qdisc import QdiscSpec
from hhf_testbed.tc.shaper import MAX_RATE_BPS, MIN_RATE_BPS, shaper

LEAF = QdiscSpec.of("hhf", limit_packets=1000)
SHAPE = shaper(50_000_000, 1514)
GOT = ReadBack(
    rate_bps=50_000_000,
    ceil_bps=50_000_000,
    burst_ticks=SHAPE.burst_ticks,
    cburst_ticks=SHAPE.burst_ticks,
    quantum_bytes=1514,
    default_class=1,
    leaf_kind="hhf",
    leaf_options={"limit_packets": 1000, "hh_limit": 2048},
)


def test_burst_is_one_frame_and_what_the_rate_sends_in_the_slack() -> None:
    # 6,250,000 bytes/s for 1 us is 6.25 bytes, rounded up.
    assert SHAPE.burst_bytes == 1514 + 7
    # 1521 bytes at 6.25 MB/s are 243.36 us; cut to 243 us; 243000 ns / 64 ns.
    assert SHAPE.burst_ticks == 3796


@pytest.mark.parametrize(
    ("rate_bps", "service_ns"),
    [
        (1000, 12_112_000_000),
        (50_000_000, 242_240),
        (10**9, 12_112),
        (10**10, 1211),
        (4 * 10**10, 302),
    ],
)
def test_a_frame_costs_what_was_measured_in_the_kernel(rate_bps: int, service_ns: int) -> None:
    assert shaper(rate_bps, 1514).service_ns(1514) == service_ns


@given(st.integers(MIN_RATE_BPS // 8, MAX_RATE_BPS // 8), st.integers(60, 65_535))
def test_the_service_time_is_never_more_than_2_ns_below_the_exact_one(rate: int, size: int) -> None:
    exact_ns = size * 10**9 / rate
    charged_ns = shaper(8 * rate, 1514).service_ns(size)
    assert exact_ns * (1 - 2**-30) - 2 < charged_ns <= exact_ns


@pytest.mark.parametrize("rate_bps", [-8, 0, 999, MAX_RATE_BPS + 8, True, 1e6])
def test_a_rate_out_of_range_is_refused(rate_bps: int) -> None:
    with pytest.raises(RequestError, match="allowed is 1Kbit to 100Gbit"):
        shaper(rate_bps, 1514)


def test_a_rate_that_is_not_whole_bytes_is_refused_with_one_that_is() -> None:
    with pytest.raises(RequestError, match="such as 1000, because HTB counts bytes"):
        shaper(1001, 1514)


def test_what_was_asked_is_no_difference() -> None:
    assert differences(SHAPE, LEAF, GOT, hz=250) == []


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ({"rate_bps": 49_999_992}, "rate: asked 50Mbit, got 49999992bit"),
        ({"ceil_bps": 0}, "ceil: asked 50Mbit, got 0bit"),
        ({"burst_ticks": 3795}, "burst in ticks: asked 3796, got 3795"),
        ({"cburst_ticks": 1}, "cburst in ticks: asked 3796, got 1"),
        ({"quantum_bytes": 1000}, "HTB quantum in bytes: asked 1514, got 1000"),
        ({"default_class": 0}, "default class: asked 1, got 0"),
        ({"leaf_kind": "pfifo"}, "leaf: asked hhf, got pfifo"),
        ({"leaf_options": {"limit_packets": 1}}, "limit_packets: asked 1000, got 1"),
    ],
)
def test_each_difference_is_one_line(wrong: dict[str, object], line: str) -> None:
    assert differences(SHAPE, LEAF, replace(GOT, **wrong), hz=250) == [line]  # type: ignore[arg-type]


def test_what_was_read_back_is_plain_json() -> None:
    assert GOT.to_json()["leaf_options"] == {"limit_packets": 1000, "hh_limit": 2048}
    assert set(GOT.to_json()) == {*ReadBack.__slots__}


def test_a_process_that_is_gone_has_no_namespace() -> None:
    with pytest.raises(LabFailure, match="cannot enter /proc/999999999/ns/net: No such file"):
        in_netns(999_999_999, lambda: None)


def test_without_a_process_the_work_is_done_here() -> None:
    assert in_netns(None, lambda: 7) == 7
