# SPDX-License-Identifier: GPL-2.0-or-later
import numpy as np
import pytest

from hhf_testbed.analysis.statistics import jain, percentiles, rounded


def test_percentiles_are_interpolated_between_the_nearest_samples():
    found = percentiles(np.arange(1001, dtype=float))
    assert found == {"count": 1001, "p50_ms": 500.0, "p95_ms": 950.0, "p99_ms": 990.0}
    assert percentiles(np.arange(20.0), (50,))["p50_ms"] == 9.5


@pytest.mark.parametrize(("percent", "needed"), [(50, 20), (95, 200), (99, 1000)])
def test_a_percentile_takes_ten_samples_beyond_it(percent, needed):
    name = f"p{percent}_ms"
    assert percentiles(np.ones(needed), (percent,)) == {"count": needed, name: 1.0}
    assert percentiles(np.ones(needed - 1), (percent,)) == {
        "count": needed - 1,
        name: None,
        "refused": {name: f"takes {needed} samples, there are {needed - 1}"},
    }


def test_no_samples_give_no_percentile():
    assert percentiles(np.array([]), (50,))["p50_ms"] is None


def test_fairness_is_1_for_equals_and_one_over_n_if_one_gets_all():
    assert jain(np.array([3.0, 3.0, 3.0, 3.0])) == 1.0
    assert jain(np.array([8.0, 0, 0, 0])) == 0.25
    assert jain(np.array([1.0, 3.0])) == 0.8
    assert jain(np.array([])) is None
    assert jain(np.zeros(3)) is None


def test_six_digits_are_kept():
    assert [rounded(x) for x in (0.000123456789, 123456789.0, 0.0)] == [0.000123457, 123457000.0, 0]
