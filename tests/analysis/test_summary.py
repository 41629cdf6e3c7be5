# SPDX-License-Identifier: GPL-2.0-or-later
import json
from dataclasses import replace

import numpy as np
import pytest
from trial_directory import write_trial

from hhf_testbed.analysis.load import load_trial
from hhf_testbed.analysis.series import FlowThroughput, Prediction, Probe, Transit
from hhf_testbed.analysis.summary import summarise


@pytest.fixture
def series(tmp_path):
    return load_trial(write_trial(tmp_path / "t"))


def flow(name):
    return FlowThroughput(name, name.partition("-")[0], np.zeros(0), np.zeros(0))


def loaded(series, *, late_s=0.0):
    """Give a trial 1000 packets of 1000 bytes in its window: two bulk flows 3 : 1, one dropped."""
    arrive_s = np.linspace(2.0, 5.9, 1000)
    leave_s = arrive_s + np.tile([0.010, 0.010, 0.010, 0.030], 250)
    leave_s[8] = np.nan
    number = np.tile([0, 0, 0, 1], 250)
    transit = Transit(arrive_s, leave_s, np.full(1000, 1000), number * 0, number)
    prediction = replace(series.prediction, leave_s=leave_s + late_s, alone_leave_s=leave_s)
    flows = (flow("bulk-001"), flow("bulk-002"), flow("probe"))
    return replace(series, transit=transit, flows=flows, prediction=prediction)


def test_it_is_json_and_always_the_same(series):
    text = json.dumps(summarise(series), allow_nan=False)
    assert text == json.dumps(summarise(series), allow_nan=False)
    assert list(json.loads(text))[:3] == ["qdisc", "rate_bps", "window_s"]


def test_idle_and_loaded_rtt_are_of_probes_sent_then(series):
    time_s = np.linspace(0, 6, 601)[:-1]
    rtt_ms = np.where(time_s < 1, 20.0, np.where(time_s < 2, 500.0, 25.0))
    found = summarise(replace(series, probe=Probe(time_s, rtt_ms, 610)))
    assert (found["rtt_idle"]["count"], found["rtt_idle"]["p50_ms"]) == (100, 20.0)
    assert (found["rtt_load"]["count"], found["rtt_load"]["p95_ms"]) == (400, 25.0)
    assert found["rtt_load"]["p99_ms"] is None
    assert (found["probe_sent"], found["probe_lost"]) == (610, 10)


def test_sojourn_is_by_class_and_leaves_out_what_was_dropped(series):
    found = summarise(loaded(series))["sojourn"]
    assert found["bulk"]["count"] == 999
    assert found["bulk"]["p50_ms"] == pytest.approx(10)
    assert found["bulk"]["p95_ms"] == pytest.approx(30)
    assert found["probe"]["count"] == 0


def test_throughput_is_what_left_in_the_window(series):
    found = summarise(loaded(series))
    assert found["throughput_bps"] == {"bulk-001": 749 * 2000, "bulk-002": 250 * 2000, "probe": 0}
    assert found["bulk_bps"] == 999 * 2000
    assert found["bulk_fairness_jain"] == pytest.approx(999**2 / (2 * (749**2 + 250**2)), rel=1e-5)
    assert found["share"] == {"bulk": 1.0, "short": 0.0, "probe": 0.0}


def test_the_model_s_error_is_how_far_its_times_are_off(series):
    found = summarise(loaded(series, late_s=0.002))["model"]
    assert found["error"]["p50_ms"] == pytest.approx(2.0, rel=1e-5)
    assert found["error"]["max_ms"] == pytest.approx(2.0, rel=1e-5)
    assert found["error_alone"]["max_ms"] == 0.0
    assert found["sojourn"]["bulk"]["p50_ms"] == pytest.approx(12.0, rel=1e-5)
    assert found["same_packet_share"] == 1.0


def test_the_model_s_counts_stand_beside_the_kernel_s(series):
    assert summarise(series)["model"]["xstats_same"]
    assert not summarise(replace(series, xstats={"hh_tot_count": 9}))["model"]["xstats_same"]


def test_a_prediction_without_the_later_fields_is_summarised_too(series):
    old = {
        k: v for k, v in vars(series.prediction).items() if k in list(vars(series.prediction))[:8]
    }
    found = summarise(replace(series, prediction=Prediction(**old)))["model"]
    assert found["error_alone"] is None
    assert found["hash_sharing_bound"] is None


def test_without_a_prediction_there_is_no_model(series):
    assert summarise(replace(series, prediction=None))["model"] is None


def test_short_flows_are_counted_and_too_few_for_a_percentile(series):
    found = summarise(series)["fct"]
    assert (found["started"], found["finished"], found["p50_ms"]) == (1, 1, None)
    assert found["refused"]["p50_ms"] == "takes 20 samples, there are 1"
