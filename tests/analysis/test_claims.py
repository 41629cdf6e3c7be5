# SPDX-License-Identifier: GPL-2.0-or-later
from dataclasses import replace

import pytest

from hhf_testbed.analysis.claims import judge
from hhf_testbed.analysis.facts import Model, Spread
from hhf_testbed.analysis.verdict import LAB_FAILURE, REFUTED, SUPPORTED
from tests.analysis.synthetic_facts import SCENARIO, facts

GRAIN_MS = 1514 * 8 / 50_000_000 * 1000


def verdicts(run, **options):
    return {claim.name: claim.verdict for claim in judge(run, SCENARIO, **options)}


def load(p95_ms, count=1700):
    return {"load": Spread(count, 20.0, p95_ms, 300.0)}


def model(same=1.0, **errors_ms):
    measured = facts()["hhf"].load
    off = {name: getattr(measured, name) + error for name, error in errors_ms.items()}
    return {"model": Model(same, True, "", replace(measured, **off))}


def test_every_claim_of_a_good_run_is_supported():
    assert verdicts(facts()) == {
        "delay": SUPPORTED,
        "short flows": SUPPORTED,
        "price": SUPPORTED,
        "prediction": SUPPORTED,
        "pfifo control": SUPPORTED,
        "idle control": SUPPORTED,
    }


@pytest.mark.parametrize(("hhf_ms", "expected"), [(25.2, SUPPORTED), (25.21, REFUTED)])
def test_delay_is_bounded_at_ten_times(hhf_ms, expected):
    run = facts(pfifo=load(252.0), hhf=load(hhf_ms) | {"model": None})
    assert verdicts(run)["delay"] == expected


@pytest.mark.parametrize(("hhf_ms", "expected"), [(650.0, SUPPORTED), (650.1, REFUTED)])
def test_short_flows_are_bounded_at_half(hhf_ms, expected):
    assert verdicts(facts(hhf={"fct": Spread(40, hhf_ms)}))["short flows"] == expected


@pytest.mark.parametrize(("bps", "expected"), [(97_000_001.0, SUPPORTED), (96_999_999.0, REFUTED)])
def test_price_is_bounded_at_three_percent(bps, expected):
    assert verdicts(facts(pfifo={"bulk_bps": 1e8}, hhf={"bulk_bps": bps}))["price"] == expected


def test_bulk_flows_that_gain_pay_no_price():
    assert verdicts(facts(hhf={"bulk_bps": 60e6}))["price"] == SUPPORTED


@pytest.mark.parametrize(("same", "expected"), [(0.99, SUPPORTED), (0.9899, REFUTED)])
def test_prediction_must_name_99_percent_of_packets(same, expected):
    assert verdicts(facts(hhf=model(same)))["prediction"] == expected


@pytest.mark.parametrize("percentile", ["p50", "p95", "p99"])
@pytest.mark.parametrize("sign", [-1, 1])
def test_prediction_may_be_off_by_one_service_time(percentile, sign):
    inside = facts(hhf=model(**{percentile: sign * (GRAIN_MS - 1e-6)}))
    outside = facts(hhf=model(**{percentile: sign * (GRAIN_MS + 1e-6)}))
    assert verdicts(inside)["prediction"] == SUPPORTED
    assert verdicts(outside)["prediction"] == REFUTED


def test_prediction_without_p99_is_judged_by_what_is_known():
    known = {"load": Spread(900, 20.0, 20.4, None)}
    assert verdicts(facts(hhf=known))["prediction"] == SUPPORTED


# The band of pfifo: 20 ms and half of 242.24 ms, up to all of it and three frames.
@pytest.mark.parametrize(
    ("p95_ms", "expected"),
    [(141.11, LAB_FAILURE), (141.13, SUPPORTED), (262.96, SUPPORTED), (262.97, LAB_FAILURE)],
)
def test_pfifo_control_holds_between_half_a_queue_and_a_full_one(p95_ms, expected):
    assert verdicts(facts(pfifo=load(p95_ms)))["pfifo control"] == expected


def test_pfifo_control_goes_with_the_limit_that_was_read_back():
    assert verdicts(facts(), pfifo_limit=100)["pfifo control"] == LAB_FAILURE
    assert verdicts(facts(pfifo=load(40.0)), pfifo_limit=100)["pfifo control"] == SUPPORTED


def test_failing_pfifo_control_takes_the_comparisons_with_it_but_not_the_prediction():
    found = verdicts(facts(pfifo=load(30.0)))
    assert [found[name] for name in ("delay", "short flows", "price")] == [LAB_FAILURE] * 3
    assert found["prediction"] == SUPPORTED


@pytest.mark.parametrize("qdisc", ["pfifo", "fq_codel", "hhf"])
@pytest.mark.parametrize(
    ("p95_ms", "expected"),
    [
        (20 + GRAIN_MS - 1e-6, SUPPORTED),
        (20 + GRAIN_MS + 1e-6, LAB_FAILURE),
        (20 - GRAIN_MS - 1e-6, LAB_FAILURE),
    ],
)
def test_idle_control_allows_one_service_time(qdisc, p95_ms, expected):
    run = facts(**{qdisc: {"idle": Spread(400, 20.0, p95_ms, None)}})
    assert verdicts(run)["idle control"] == expected


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"load": Spread(99, 20.0, None, None)}, {"delay", "prediction"}),
        ({"load": Spread(0)}, {"delay", "prediction"}),
        ({"fct": Spread(0), "started": 0}, {"short flows"}),
        ({"fct": Spread(39, 104.0)}, {"short flows"}),
        ({"idle": Spread(0)}, {"idle control"}),
    ],
)
def test_too_few_samples_are_a_lab_failure_of_exactly_what_rests_on_them(change, names):
    found = verdicts(facts(hhf=change))
    assert {name for name, verdict in found.items() if verdict == LAB_FAILURE} == names


@pytest.mark.parametrize(
    ("qdisc", "untouched"),
    [
        ("hhf", {"pfifo control", "idle control"}),
        ("pfifo", {"prediction", "idle control"}),
    ],
)
def test_a_trial_that_is_not_valid_makes_lab_failures_and_says_why(qdisc, untouched):
    claims = judge(facts(**{qdisc: {"problems": ("the host burned",)}}), SCENARIO)
    failed = [claim for claim in claims if claim.verdict == LAB_FAILURE]
    assert {claim.name for claim in claims} - {claim.name for claim in failed} == untouched
    assert all("the host burned" in " ".join(claim.doubts) for claim in failed)


@pytest.mark.parametrize(
    ("qdiscs", "names"),
    [
        ({"hhf"}, {"prediction", "idle control"}),
        ({"pfifo"}, {"pfifo control", "idle control"}),
        ({"fq_codel"}, {"idle control"}),
        ({"hhf", "fq_codel"}, {"prediction", "idle control"}),
        (set(), set()),
    ],
)
def test_a_run_without_some_qdiscs_has_the_claims_that_remain(qdiscs, names):
    run = {name: trial for name, trial in facts().items() if name in qdiscs}
    assert set(verdicts(run)) == names
