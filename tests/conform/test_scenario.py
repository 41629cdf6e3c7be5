# SPDX-License-Identifier: GPL-2.0-or-later
"""A scenario file says what it means, comes back as it was, or is refused with a reason."""

import json
from pathlib import Path
from typing import Any

import pytest

from hhf_testbed.conform.generate import random_scenario
from hhf_testbed.conform.scenario import Scenario, read_scenario
from hhf_testbed.conform.steps import Change, Enqueue, Link, Sample
from hhf_testbed.errors import RequestError

ROWS: list[list[Any]] = [
    ["enqueue", 0, 7, 1514, 2],
    ["sample", 5000, {"qlen_packets": 2}],
    ["change", 10_000, {"limit_packets": 1}],
    ["link", 20_000, "down"],
    ["link", 30_000, "up"],
    ["sample", 40_000],
]


def file(**more: Any) -> dict[str, Any]:
    return {"format": 1, "name": "x", "rate_bps": 8000, "steps": ROWS, **more}


def test_each_row_becomes_its_step_and_a_count_becomes_many() -> None:
    assert Scenario.of(file()).steps == (
        Enqueue(0, 7, 1514),
        Enqueue(0, 7, 1514),
        Sample(5000, {"qlen_packets": 2}),
        Change(10_000, {"limit_packets": 1}),
        Link(20_000, False),
        Link(30_000, True),
        Sample(40_000),
    )


def test_a_scenario_comes_back_from_its_file_as_it_was() -> None:
    for number in range(20):
        scenario = random_scenario(3, number)
        assert Scenario.of(json.loads(scenario.to_json())) == scenario


def test_the_parent_is_htb_unless_the_file_says_tbf() -> None:
    assert Scenario.of(file()).parent == "htb"
    assert Scenario.of(file(parent="htb")).to_json() == Scenario.of(file()).to_json()
    assert '"parent"' not in Scenario.of(file()).to_json()
    below_tbf = Scenario.of(file(parent="tbf"))
    assert Scenario.of(json.loads(below_tbf.to_json())) == below_tbf
    assert below_tbf != Scenario.of(file())


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (["enqueue", 0, 7], "allowed are"),
        (["enqueue", 0, 70_000, 60], "flow is 70000; allowed is 0 to 65535"),
        (["enqueue", 0, 1, 59], "len_bytes is 59; allowed is 60"),
        (["enqueue", 0, 1, 1515], "1515 bytes; allowed are 1514"),
        (["enqueue", -1, 1, 60], "the time in ns is -1"),
        (["enqueue", True, 1, 60], "the time in ns is True"),
        (["change", 0, {"limit": 1}], "no 'limit'"),
        (["sample", 0, {"qlen": 1}], "no 'qlen'"),
        (["link", 0, "sideways"], "allowed are"),
        (["jump", 0], "allowed are"),
        ("enqueue", "allowed is a row"),
    ],
)
def test_a_wrong_step_is_refused_with_what_is_allowed(row: object, said: str) -> None:
    with pytest.raises(RequestError, match=said):
        Scenario.of(file(steps=[row]))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"format": 2}, "'format': 1"),
        ({"rate_bps": 1}, "bottleneck rate"),
        ({"mtu_bytes": 67}, "mtu_bytes is 67; allowed is 68"),
        ({"hhf": {"limit": 1}}, "no parameter 'limit'"),
        ({"hhf": {"non_hh_weight": 0}}, "non_hh_weight 0"),
        ({"colour": 1}, "no use for 'colour'"),
        ({"parent": "cake"}, "parent is 'cake'; allowed is htb or tbf"),
        ({"parent": ""}, "parent is ''; allowed is htb or tbf"),
        ({"parent": "tbf" * 10**6}, "allowed is htb or tbf"),
        ({"parent": None}, "parent is None; allowed is htb or tbf"),
        ({"parent": ["tbf"]}, r"parent is \['tbf'\]; allowed is htb or tbf"),
        ({"parent": 1}, "parent is 1; allowed is htb or tbf"),
        ({"Parent": "tbf"}, "no use for 'Parent'"),
        ({"steps": {}}, "list of rows"),
        ({"start_ns": -5}, "start_ns is -5"),
    ],
)
def test_a_wrong_scenario_is_refused_with_what_is_allowed(more: dict[str, Any], said: str) -> None:
    with pytest.raises(RequestError, match=said):
        Scenario.of(file(**more))


def test_time_does_not_run_backwards_nor_in_steps_too_small_for_the_driver() -> None:
    for second_ns in (500, 2500):
        rows = [["enqueue", 1000 + 1000, 0, 60], ["enqueue", second_ns, 0, 60]]
        with pytest.raises(RequestError, match="allowed are the same time, or 2000 ns"):
            Scenario.of(file(steps=rows))


def test_a_file_that_is_no_json_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(RequestError, match=r"bad\.json is no JSON"):
        read_scenario(tmp_path / "bad.json")
