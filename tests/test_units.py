# SPDX-License-Identifier: GPL-2.0-or-later
"""The units of tc: what is printed reads back, and what tc would guess at is refused."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hhf_testbed import units
from hhf_testbed.errors import RequestError


@pytest.mark.parametrize(
    ("text", "rate_bps"),
    [
        ("50mbit", 50_000_000),
        ("50Mbit", 50_000_000),
        ("1.5gbit", 1_500_000_000),
        ("8", 8),
        ("1kibit", 1024),
        ("10kbps", 80_000),
        ("1mibps", 8 * 1024**2),
        ("1tbit", 10**12),
        ("2.5e9bit", 2_500_000_000),
        ("0", 0),
    ],
)
def test_a_rate_is_read_as_get_rate64_reads_it(text: str, rate_bps: int) -> None:
    assert units.parse_rate_bps(text) == rate_bps


@pytest.mark.parametrize(
    ("text", "time_us"),
    [("40ms", 40_000), ("1s", 10**6), ("0.5sec", 500_000), ("500", 500), ("7usecs", 7)],
)
def test_a_time_is_read_as_get_time_reads_it(text: str, time_us: int) -> None:
    assert units.parse_time_us(text) == time_us


def test_a_time_in_ns_has_microseconds_as_its_bare_unit() -> None:
    assert units.parse_time_ns("1.5") == 1500
    assert units.parse_time_ns("7ns") == 7


@pytest.mark.parametrize(
    ("text", "size_bytes"),
    [("128Kb", 131_072), ("128k", 131_072), ("1514", 1514), ("1514b", 1514), ("1kbit", 128)],
)
def test_a_size_is_read_as_get_size_reads_it(text: str, size_bytes: int) -> None:
    assert units.parse_size_bytes(text) == size_bytes


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (units.format_time_us(40_000), "40ms"),
        (units.format_time_us(1_000_000), "1s"),
        (units.format_time_us(500), "500us"),
        (units.format_time_us(0), "0us"),
        (units.format_size(131_072), "128Kb"),
        (units.format_size(1514), "1514b"),
        (units.format_rate(50_000_000), "50Mbit"),
        (units.format_rate(1_500_000), "1500Kbit"),
    ],
)
def test_values_are_printed_in_the_words_of_tc(shown: str, text: str) -> None:
    assert shown == text


@given(st.integers(0, units.MAX_RATE_BPS))
def test_a_printed_rate_reads_back(rate_bps: int) -> None:
    assert units.parse_rate_bps(units.format_rate(rate_bps)) == rate_bps


@given(st.integers(0, units.MAX_TIME_US))
def test_a_printed_time_reads_back(time_us: int) -> None:
    assert units.parse_time_us(units.format_time_us(time_us)) == time_us
    assert units.parse_time_ns(units.format_time_us(time_us)) == 1000 * time_us


@given(st.integers(0, units.MAX_SIZE_BYTES))
def test_a_printed_size_reads_back(size_bytes: int) -> None:
    assert units.parse_size_bytes(units.format_size(size_bytes)) == size_bytes


PARSERS = (
    units.parse_rate_bps,
    units.parse_time_us,
    units.parse_time_ns,
    units.parse_size_bytes,
    units.parse_whole,
)
NONSENSE = ("", " ", "-1", "nan", "inf", "1e40", "9" * 30, "1,5", "٣", "5parsec", "mbit", "1 2")


@pytest.mark.parametrize("parse", PARSERS)
@pytest.mark.parametrize("text", NONSENSE)
def test_nonsense_is_refused_by_name(parse: Callable[[str], int], text: str) -> None:
    with pytest.raises(RequestError) as caught:
        parse(text)
    assert repr(text) in str(caught.value)
    assert "allowed" in str(caught.value)


@given(st.text(max_size=12))
def test_no_text_at_all_gives_anything_but_a_value_or_a_request_error(text: str) -> None:
    for parse in PARSERS:
        try:
            assert parse(text) >= 0
        except RequestError:
            continue


def test_a_fraction_of_the_base_unit_is_refused_not_rounded() -> None:
    with pytest.raises(RequestError, match="not whole; allowed are whole us"):
        units.parse_time_us("0.5us")


def test_hexadecimal_counts_are_read_as_get_unsigned_reads_them() -> None:
    assert units.parse_whole("0x10") == 16


def test_a_negative_value_is_not_printed() -> None:
    with pytest.raises(RequestError, match="time is -1"):
        units.format_time_us(-1)
