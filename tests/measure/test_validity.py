# SPDX-License-Identifier: GPL-2.0-or-later
from dataclasses import replace

import pytest

from hhf_testbed.measure.validity import Evidence, check_validity

GOOD = Evidence(
    tcp_load=True,
    utilisation=0.999,
    window_s=20.0,
    frame_s=0.000242,
    idle_probes=250,
    load_probes=1000,
    idle_rtt_ms=20.0,
    rtt_ms=20.0,
    longest_bytes=1514,
    frame_bytes=1514,
    captured=1000,
    received=1000,
    counted=(500, 700_000),
    left_least=(500, 700_000),
    left_most=(501, 701_514),
)


def test_a_good_trial_has_no_problem():
    assert check_validity(GOOD) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"utilisation": 0.9499}, ["0.9499", "0.95"]),
        ({"utilisation": 1.00003}, ["1.000030", "1.000024"]),
        ({"idle_probes": 19}, ["19 probes", "idle", "20"]),
        ({"load_probes": 199}, ["199 probes", "window", "200"]),
        ({"idle_rtt_ms": 20.21}, ["20.21 ms", "20 ms", "0.2 ms"]),
        ({"idle_rtt_ms": 19.7}, ["19.7 ms"]),
        ({"rtt_ms": 0.0, "idle_rtt_ms": 0.11}, ["0.11 ms", "0.1 ms"]),
        ({"longest_bytes": 1515}, ["1515", "1514", "offload"]),
        ({"captured": 999}, ["999", "1000", "tcpdump"]),
        ({"captured": None, "received": None}, ["tcpdump"]),
        ({"counted": (502, 701_000)}, ["502 packets", "500 to 501"]),
        ({"counted": (500, 699_999)}, ["699999 bytes", "700000 to 701514"]),
        ({"reports": ("iperf3 reported in x: y",)}, ["iperf3 reported in x: y"]),
        ({"unfinished": ("short-0003 (of 5)",)}, ["1 short flows", "short-0003"]),
    ],
)
def test_one_thing_wrong_is_one_problem_with_its_figure_and_bound(change, says):
    (problem,) = check_validity(replace(GOOD, **change))
    assert [word for word in says if word not in problem] == []


@pytest.mark.parametrize(
    "change",
    [
        {"utilisation": 0.95},
        {"utilisation": 1.00002},
        {"utilisation": 0.2, "tcp_load": False},
        {"idle_rtt_ms": 20.2},
        {"rtt_ms": 0.0, "idle_rtt_ms": 0.09},
        {"longest_bytes": 65_550, "frame_bytes": 0},
        {"counted": (501, 701_514)},
        {"counted": (9_000, 9), "frame_bytes": 0},
    ],
)
def test_what_is_within_its_bound_is_no_problem(change):
    assert check_validity(replace(GOOD, **change)) == []


def test_every_problem_is_reported():
    assert len(check_validity(replace(GOOD, utilisation=0.1, captured=1, idle_probes=0))) == 3
