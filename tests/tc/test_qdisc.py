# SPDX-License-Identifier: GPL-2.0-or-later
"""A qdisc as a value: canonical, refused with a clear sentence, compared to the jiffy."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hhf_testbed.errors import LabFailure, RequestError
from hhf_testbed.tc.kinds import KINDS
from hhf_testbed.tc.qdisc import QdiscSpec, compare, compare_options, parse_qdisc


@st.composite
def specs(draw: st.DrawFn) -> QdiscSpec:
    kind = draw(st.sampled_from([k for k in KINDS.values() if k.name != "hhf"]))
    chosen = draw(st.lists(st.sampled_from(kind.options), unique=True)) if kind.options else []
    values = {o.name: draw(st.integers(o.lowest, o.highest)) for o in chosen}
    return QdiscSpec(kind.name, tuple(values.items()))


@given(specs())
def test_what_is_written_reads_back(spec: QdiscSpec) -> None:
    assert parse_qdisc(str(spec)) == spec
    assert QdiscSpec.from_json(json.loads(json.dumps(spec.to_json()))) == spec


@pytest.mark.parametrize(
    "text",
    [
        "hhf limit=1000 admit_bytes=128Kb evict_timeout=1s",
        "hhf:limit=1000,admit_bytes=131072,evict_timeout=1000ms",
        "hhf evict_timeout_us=1000000 limit_packets=0x3e8 admit_bytes=131072",
    ],
)
def test_one_qdisc_has_one_form_however_it_is_written(text: str) -> None:
    spec = parse_qdisc(text)
    asked = {"limit_packets": 1000, "admit_bytes": 131_072, "evict_timeout_us": 1_000_000}
    assert spec == QdiscSpec.of("hhf", **asked)
    assert hash(spec) == hash(QdiscSpec.of("hhf", **dict(reversed(asked.items()))))
    assert str(spec) == "hhf limit_packets=1000 admit_bytes=128Kb evict_timeout_us=1s"


def test_the_tc_words_are_those_tc_reads() -> None:
    spec = parse_qdisc("fq_codel target=5ms ecn=off limit=10")
    assert spec.tc_words() == ["fq_codel", "limit", "10", "target", "5ms", "noecn"]


def test_the_keywords_are_those_of_the_plugin() -> None:
    assert parse_qdisc("hhf limit=0").keywords() == {"hhf_limit": 0}


def test_a_fifo_always_states_its_limit_since_pyroute2_would_send_zero() -> None:
    assert parse_qdisc("pfifo").to_json() == {"kind": "pfifo", "options": {"limit_packets": 1000}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("foo", "unknown qdisc 'foo'; allowed: hhf, fq_codel, pfifo,"),
        ("", "unknown qdisc ''; allowed: hhf"),
        ("hhf limt=1", "hhf has no option 'limt'; allowed: limit_packets, quantum_bytes, hh_limit"),
        ("pfifo_fast limit=1", "pfifo_fast has no option 'limit'; allowed: none"),
        ("hhf limit", "'limit' in 'hhf limit' is not an option; allowed is name=value"),
        ("hhf limit=1 limit_packets=2", "limit_packets is given twice"),
        ("hhf limit=-1", "limit_packets is '-1'; allowed is a whole number from 0"),
        ("hhf non_hh_weight=0", "allowed is 1 to 2147483647"),
        ("fq_codel quantum=255", "quantum_bytes is 255; allowed is a whole number from 256"),
        ("codel ecn=maybe", "ecn is 'maybe'; allowed is on or off"),
        ("hhf reset_timeout=1parsec", "time '1parsec' has no known unit; allowed are s, sec"),
    ],
)
def test_a_wrong_request_is_named_with_what_is_allowed(text: str, said: str) -> None:
    with pytest.raises(RequestError) as caught:
        parse_qdisc(text)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"kind": "hhf"},
        {"kind": "hhf", "options": {}, "more": 1},
        {"kind": "hhf", "options": [1]},
        {"kind": None, "options": {}},
        {"kind": ["hhf"], "options": {}},
        {"kind": "hhf", "options": {"limit_packets": True}},
        {"kind": "pfifo", "options": {"limit_packets": True}},
        {"kind": "pfifo", "options": {"limit_packets": 1.0}},
        {"kind": "hhf", "options": {"limit_packets": 1.0}},
        {"kind": "hhf", "options": {"limit_packets": "1"}},
    ],
)
def test_a_damaged_record_is_a_request_error(data: dict[str, Any]) -> None:
    with pytest.raises(RequestError):
        QdiscSpec.from_json(data)


@pytest.mark.parametrize(("hz", "got_us"), [(100, 10_000), (250, 4000), (300, 3333), (1000, 1000)])
def test_a_time_rounded_up_to_one_jiffy_is_as_asked(hz: int, got_us: int) -> None:
    asked = QdiscSpec.of("hhf", reset_timeout_us=1)
    compare(asked, {"reset_timeout_us": got_us}, hz=hz)


@pytest.mark.parametrize("got_us", [0, 1, 3999, 4001, 8000])
def test_no_other_rounding_is_allowed(got_us: int) -> None:
    said = "reset_timeout_us: asked 4ms (as the kernel rounds it at HZ 250), got"
    wrong = compare_options(
        QdiscSpec.of("hhf", reset_timeout_us=1), {"reset_timeout_us": got_us}, hz=250
    )
    assert [line.startswith(said) for line in wrong] == [True]


def test_a_time_that_is_whole_jiffies_must_come_back_as_it_is() -> None:
    asked = QdiscSpec.of("hhf", evict_timeout_us=40_000)
    compare(asked, {"evict_timeout_us": 40_000}, hz=250)
    with pytest.raises(LabFailure, match="evict_timeout_us: asked 40ms, got 44ms"):
        compare(asked, {"evict_timeout_us": 44_000}, hz=250)


def test_every_difference_is_listed_and_a_missing_value_is_one() -> None:
    asked = QdiscSpec.of("hhf", limit_packets=10, hh_limit=500, non_hh_weight=3)
    with pytest.raises(LabFailure) as caught:
        compare(asked, {"limit_packets": 10, "hh_limit": 2048}, hz=250)
    assert str(caught.value) == (
        "the kernel's hhf is not as asked: hh_limit: asked 500, got 2048; "
        "non_hh_weight: asked 3, got nothing"
    )


def test_codel_times_come_back_in_units_of_1024_ns() -> None:
    compare(QdiscSpec.of("fq_codel", target_us=5000), {"target_us": 4999}, hz=250)
    compare(QdiscSpec.of("codel", target_us=43), {"target_us": 41}, hz=250)


def test_pie_times_come_back_in_ticks_of_64_ns() -> None:
    compare(QdiscSpec.of("pie", target_us=20), {"target_us": 19}, hz=250)
