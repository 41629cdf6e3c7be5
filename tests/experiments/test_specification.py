# SPDX-License-Identifier: GPL-2.0-or-later
"""A run's specification is all that is needed to repeat it."""

import json
from typing import Any

import pytest

from hhf_testbed.errors import RequestError
from hhf_testbed.experiments.demo import demo
from hhf_testbed.experiments.specification import RunSpec
from hhf_testbed.scenario import Scenario
from hhf_testbed.tc.qdisc import QdiscSpec


def spec(**values: Any) -> RunSpec:
    given = {
        "scenario": Scenario(rate_bps=10_000_000, bulk_protocol="udp"),
        "qdiscs": ["pfifo", "hhf limit=500 reset_timeout=30ms"],
        "kernel": "6.12",
        "hz": 1000,
        "clock": "virtual",
        "seed": 7,
    }
    return demo(**{**given, **values})


def test_it_comes_back_from_json_whole() -> None:
    made = spec(seed=2**64 - 1, clock="real")
    again = RunSpec.from_json(json.loads(json.dumps(made.to_json())))
    assert again == made
    assert again.qdiscs[1] == QdiscSpec.of("hhf", limit_packets=500, reset_timeout_us=30_000)


def test_no_field_is_left_out_of_the_record() -> None:
    assert set(spec().to_json()) == set(RunSpec.__dataclass_fields__)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"seed": -1}, "seed is -1; allowed is 0 to 18446744073709551615"),
        ({"seed": 2**64}, "seed is 18446744073709551616; allowed is 0 to 18446744073709551615"),
        ({"clock": "wall"}, "clock is 'wall'; allowed: virtual, real"),
        ({"qdiscs": []}, "a run needs at least one qdisc"),
        (
            {"qdiscs": ["hhf", "hhf limit=5"]},
            "a qdisc is given twice: hhf, hhf; allowed is once each",
        ),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(values: dict[str, Any], said: str) -> None:
    with pytest.raises(RequestError) as refusal:
        spec(**values)
    assert str(refusal.value) == said


@pytest.mark.parametrize("name", sorted(RunSpec.__dataclass_fields__))
def test_a_record_without_one_of_the_fields_is_refused(name: str) -> None:
    record = spec().to_json()
    del record[name]
    with pytest.raises(RequestError, match=name):
        RunSpec.from_json(record)
