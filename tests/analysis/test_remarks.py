# SPDX-License-Identifier: GPL-2.0-or-later
from dataclasses import replace

import numpy as np
import pytest

from hhf_testbed.analysis.facts import Spread
from hhf_testbed.analysis.remarks import remarks
from hhf_testbed.analysis.series import Probe
from tests.analysis.synthetic import trial
from tests.analysis.synthetic_facts import facts


@pytest.mark.parametrize(
    ("p95_ms", "words"),
    [
        (20.3, "20.3 against 20.4 ms (fq_codel is better)"),
        (20.5, "20.5 against 20.4 ms (hhf is better)"),
        (20.42, "20.4 against 20.4 ms (no difference)"),
    ],
)
def test_fq_codel_is_set_beside_hhf_as_it_was_measured(p95_ms, words):
    (remark,) = remarks(facts(fq_codel={"load": Spread(1700, 20.0, p95_ms)}))
    assert f"RTT p95 under load {words}" in remark


def test_what_is_unknown_is_not_compared():
    (remark,) = remarks(facts(fq_codel={"load": Spread(0)}))
    assert "p95" not in remark
    assert "short flows" in remark


def test_without_hhf_nothing_is_set_beside_it():
    assert not remarks({"fq_codel": facts()["fq_codel"]})


def test_the_start_that_is_not_judged_is_told():
    probe = Probe(np.array([4.9, 5.1, 9.9, 10.1]), np.array([999.0, 90.0, 70.0, 999.0]), 4)
    hhf = replace(trial("hhf", packets=50), probe=probe)
    (remark,) = remarks({}, [hhf])
    assert "first 5 s" in remark
    assert "reached 90.0 ms under hhf" in remark
    assert "admitted 1 heavy hitter in that time, the last 0.20 s after" in remark


def test_a_run_that_is_judged_from_the_start_has_nothing_to_add():
    assert not remarks({}, [replace(trial("pfifo", packets=50), window_s=(5.0, 30.0))])
