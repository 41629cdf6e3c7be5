# SPDX-License-Identifier: GPL-2.0-or-later
"""A scenario refuses what it cannot be, in a sentence that names the value and what is allowed."""

from typing import Any

import pytest
from pydantic import ValidationError

from hhf_testbed.errors import RequestError
from hhf_testbed.scenario import Scenario

RANGES: list[tuple[str, float, float]] = [
    ("rate_bps", 1_000_000, 100_000_000_000),
    ("rtt_ms", 0.0, 1000.0),
    ("idle_s", 1.0, 600.0),
    ("load_s", 5.0, 3600.0),
    ("warmup_s", 0.0, 600.0),
    ("bulk_senders", 1, 200),
    ("bulk_udp_bps", 100_000, 100_000_000_000),
    ("short_senders", 1, 200),
    ("short_bytes", 1_000, 100_000_000),
    ("short_per_s", 0.0, 100.0),
    ("probe_interval_ms", 2, 1000),
    ("sample_interval_ms", 1, 10_000),
]
OUTSIDE = [
    (name, low - 1, f"greater than or equal to {low:g}")
    for name, low, _ in RANGES
] + [(name, high + 1, f"less than or equal to {high:g}") for name, _, high in RANGES]  # fmt: skip


def scenario(**values: Any) -> Scenario:
    return Scenario.of({"warmup_s": 1.0, "load_s": 3600.0, **values})


@pytest.mark.parametrize(("name", "low", "high"), RANGES)
def test_both_ends_of_each_range_are_allowed(name: str, low: float, high: float) -> None:
    room = {"warmup_s": 0.0} if name == "load_s" else {}
    for value in low, high:
        assert getattr(scenario(**{**room, name: value}), name) == value


@pytest.mark.parametrize(("name", "value", "_allowed"), OUTSIDE)
def test_a_value_just_outside_is_named_with_what_is_allowed(
    name: str, value: float, _allowed: str
) -> None:
    with pytest.raises(RequestError) as refusal:
        scenario(**{name: value})
    said, bound = str(refusal.value).rsplit(" ", 1)
    assert said == f"{name} is {value!r}; allowed is {_allowed.rsplit(' ', 1)[0]}"
    assert float(bound) == (value + 1 if "greater" in said else value - 1)


def test_every_number_of_a_scenario_has_a_range_here() -> None:
    numbers = {name for name, field in Scenario.model_fields.items() if field.metadata}
    assert numbers == {name for name, _, _ in RANGES}


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("bulk_protocol", "sctp", "'tcp' or 'udp'"),
        ("bulk_congestion", "quic", "'cubic', 'reno', 'bbr', 'dctcp', 'vegas' or 'westwood'"),
        ("bulk_senders", 1.5, "a valid integer"),
        ("bulk_senders", "4", "a valid integer"),
        ("offloads", 1, "a valid boolean"),
        ("rtt_ms", float("nan"), "less than or equal to 1000"),
    ],
)
def test_a_value_of_another_kind_is_refused(name: str, value: Any, allowed: str) -> None:
    with pytest.raises(RequestError) as refusal:
        scenario(**{name: value})
    assert str(refusal.value) == f"{name} is {value!r}; allowed is {allowed}"


def test_an_unknown_name_is_answered_with_all_known_ones() -> None:
    with pytest.raises(RequestError, match=r"^bulk is no parameter; allowed: rate_bps, rtt_ms, "):
        scenario(bulk=3)


def test_every_wrong_value_is_named_at_once() -> None:
    with pytest.raises(RequestError, match=r"^rate_bps is -1; .*; bulk_senders is 0; "):
        scenario(rate_bps=-1, bulk_senders=0)


@pytest.mark.parametrize("warmup_s", [22.0, 23.0])
def test_the_warm_up_must_end_before_the_load_does(warmup_s: float) -> None:
    with pytest.raises(RequestError) as refusal:
        Scenario.of({"load_s": 22.0, "warmup_s": warmup_s})
    assert str(refusal.value) == (
        f"warmup_s is {warmup_s:g}; allowed is less than load_s, which is 22"
    )


def test_a_scenario_comes_back_from_json_and_cannot_be_changed() -> None:
    one = scenario(rtt_ms=2.5, bulk_protocol="udp", offloads=True)
    assert Scenario.of(one.model_dump(mode="json")) == one
    with pytest.raises(ValidationError, match="frozen"):
        one.rtt_ms = 3.0  # type: ignore[misc]


def test_it_lasts_as_long_as_idle_and_load_together() -> None:
    assert scenario(idle_s=4.0, load_s=22.0).duration_s == 26.0
