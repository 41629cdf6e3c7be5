# SPDX-License-Identifier: GPL-2.0-or-later
import json

import numpy as np
import pytest
from handmade import CAME, LEFT, START_NS, tcp, udp
from trial_directory import MS, SECOND, SHORT, bulk, packets, sample, write_trial

from hhf_testbed.analysis.load import load_trial, load_with_problems
from hhf_testbed.errors import LabFailure
from hhf_testbed.measure.captures import read_capture


def names(series):
    return [flow.name for flow in series.flows]


def test_flows_are_named_and_the_first_connection_to_a_server_is_control(tmp_path):
    series = load_trial(write_trial(tmp_path / "t"))
    assert names(series) == [
        "probe", "bulk-001 control", "bulk-001", "short-0000 control", "short-0000",
    ]  # fmt: skip
    assert [flow.traffic for flow in series.flows] == ["probe", "bulk", "bulk", "short", "short"]
    assert series.transit.flow.tolist() == [0, 0, 1, 2, 2, 0, 3, 4, 4, 4, 4]
    assert series.transit.traffic.tolist() == [2, 2, 0, 0, 0, 2, 1, 1, 1, 1, 1]


def test_times_are_seconds_after_the_start(tmp_path):
    series = load_trial(write_trial(tmp_path / "t"))
    assert series.transit.arrive_s[4] == pytest.approx(2.001, abs=1e-9)
    assert series.transit.leave_s[4] == pytest.approx(2.003, abs=1e-9)
    assert (series.idle_s, series.window_s) == (1.0, (2.0, 6.0))
    assert series.probe.time_s.tolist() == [0.0, 0.5, 2.002]
    assert series.probe.rtt_ms.tolist() == [20.0, 20.0, 23.1]


def test_a_completion_time_is_from_the_first_packet_of_the_data_connection_to_its_last_octet(
    tmp_path,
):
    (flow,) = load_trial(write_trial(tmp_path / "t")).short_flows
    assert (flow.name, flow.size_bytes) == ("short-0000", 1100)
    assert flow.start_s == pytest.approx(3.02)
    assert flow.fct_ms == pytest.approx(22.0)


def test_throughput_counts_what_left_in_bins_of_half_a_second(tmp_path):
    series = load_trial(write_trial(tmp_path / "t"))
    flow = series.flows[names(series).index("bulk-001")]
    assert flow.time_s.tolist() == [n / 2 for n in range(12)]
    expected = [0.0] * 12
    expected[4] = 2 * 1514 * 8 / 0.5
    assert flow.bps.tolist() == expected


def test_utilisation_is_what_the_shaper_charged_for_the_window(tmp_path):
    """In the window left 2 * 1514 + 98 + 3 * 54 + 1054 + 191 bytes; a byte is charged 1 us."""
    series = load_trial(write_trial(tmp_path / "t"))
    assert series.utilisation == pytest.approx(4533e-6 / 4, abs=1e-8)


def test_the_queue_is_counted_at_the_samples(tmp_path):
    series = load_trial(write_trial(tmp_path / "t"))
    assert {name: found.tolist() for name, found in series.queue.packets.items()} == {
        "bulk": [1, 0],
        "short": [0, 0],
        "probe": [1, 0],
    }


def test_hhf_is_predicted_and_agrees_with_a_trial_in_order(tmp_path):
    prediction = load_trial(write_trial(tmp_path / "t")).prediction
    assert prediction is not None
    assert (prediction.same_packet, prediction.same_drops) == (1.0, True)
    assert prediction.probe.rtt_ms.tolist() == [20.0, 20.0, 23.1]
    assert prediction.queue.packets["others"].tolist() == [2, 0]


def test_a_predicted_probe_has_the_predicted_queueing_in_place_of_the_measured(tmp_path):
    """The kernel is made to send the probe before the bulk packet that came first."""
    swapped = [
        event for event in packets() if event[0] not in (2 * SECOND + n * MS for n in (3, 5))
    ]
    late = {event[2]: event for event in packets() if event not in swapped}
    (one, first), (other, second) = ((p, event[0]) for p, event in late.items())
    swapped += [(second, 4, one), (first, 4, other)]
    prediction = load_trial(write_trial(tmp_path / "t", found=swapped)).prediction
    assert prediction is not None
    assert prediction.same_packet == pytest.approx(9 / 11)
    assert prediction.probe.rtt_ms.tolist() == pytest.approx([20.0, 20.0, 25.1])


def test_other_qdiscs_are_not_predicted(tmp_path):
    series = load_trial(write_trial(tmp_path / "t", kind="pfifo"))
    assert (series.qdisc, series.prediction) == ("pfifo", None)


def test_counts_are_those_of_the_last_sample(tmp_path):
    samples = [sample(0, drops=1), sample(6 * SECOND, drops=5, xstats={"drop_overlimit": 5})]
    series = load_trial(write_trial(tmp_path / "t", samples=samples))
    assert (series.drops, series.xstats) == (5, {"drop_overlimit": 5})


def test_a_dropped_packet_never_leaves_and_the_model_says_so_if_it_kept_it(tmp_path):
    found = [event for event in packets() if event[:2] != (2 * SECOND + 3 * MS, 4)]
    series = load_trial(write_trial(tmp_path / "t", found=found))
    assert np.flatnonzero(np.isnan(series.transit.leave_s)).tolist() == [4]
    assert series.prediction is not None
    assert not series.prediction.same_drops
    assert "departure 4" in series.prediction.first_difference


def test_with_reverse_the_server_is_the_sender(tmp_path):
    back = {"source": SHORT["source"], "target": SHORT["target"], "source_port": 6001}
    found = [event for event in packets() if event[0] < 3 * SECOND]
    found += [(3 * SECOND, CAME, tcp(**back, port=40000)), (3 * SECOND, CAME, tcp(**back, port=1))]
    path = write_trial(tmp_path / "t", kind="pfifo", found=found)
    report = {"start": {"connecting_to": {"host": back["source"], "port": 6001}}}
    (path / "flows" / "short-0000.client.json").write_text(json.dumps(report))
    series = load_trial(path)
    assert names(series)[-2:] == ["short-0000 control", "short-0000"]
    assert series.transit.flow[-2:].tolist() == [3, 4]


def test_a_packet_of_no_test_is_a_lab_failure(tmp_path):
    found = [*packets(), (4 * SECOND, CAME, tcp(port=22, source_port=33))]
    with pytest.raises(LabFailure, match=r"protocol 6, from 10\.1\.0\.6 port 33 to .* port 22"):
        load_trial(write_trial(tmp_path / "t", found=found))


def test_data_over_udp_belongs_to_its_test(tmp_path):
    data = udp(source=SHORT["source"], target=SHORT["target"], port=6001, number=9)
    found = [event for event in packets() if event[0] <= 3 * SECOND]
    found.append((4 * SECOND, CAME, data))
    series = load_trial(write_trial(tmp_path / "t", kind="pfifo", found=found))
    assert names(series)[-2:] == ["short-0000 control", "short-0000"]


def test_a_third_connection_of_a_test_is_a_lab_failure(tmp_path):
    found = [*packets(), (4 * SECOND, CAME, bulk(77, source_port=40004))]
    with pytest.raises(LabFailure, match="one flow too many for bulk-001"):
        load_trial(write_trial(tmp_path / "t", found=found))


def test_a_probe_that_is_missing_in_the_middle_is_a_lab_failure(tmp_path):
    found = [event for event in packets() if event[0] != 500 * MS]
    with pytest.raises(LabFailure, match="missing in the middle"):
        load_trial(write_trial(tmp_path / "t", found=found))


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("trial.json", "{", "no JSON"),
        ("trial.json", "{}", "has no 'scenario'"),
        ("environment.json", "{}", "has no 'started_ns'"),
        ("samples.jsonl", "", "holds no sample"),
        ("samples.jsonl", "[]\n", "0 qdiscs below 1:1"),
        ("ping.txt", "", "cut off"),
        ("flows/bulk-001.client.json", "{}", "whom iperf3 connected to"),
    ],
)
def test_a_damaged_file_is_named(tmp_path, name, content, says):
    path = write_trial(tmp_path / "t")
    (path / name).write_text(content)
    with pytest.raises(LabFailure, match=says):
        load_trial(path)


def test_a_missing_directory_is_a_lab_failure(tmp_path):
    with pytest.raises(LabFailure, match=r"trial\.json cannot be read"):
        load_trial(tmp_path)


def test_what_is_too_small_a_trial_to_trust_is_listed(tmp_path):
    _, problems = load_with_problems(write_trial(tmp_path / "t"))
    assert [problem.partition(";")[0] for problem in problems] == [
        "the bottleneck was in use for 0.0011 of the window",
        "2 probes were answered in the idle phase",
        "1 probes were answered in the window",
    ]


def test_each_source_of_doubt_is_looked_at(tmp_path):
    found = [event for event in packets() if event[0] != 3 * SECOND + 42 * MS]
    path = write_trial(tmp_path / "t", found=found)
    (path / "tcpdump.log").write_text("20 packets captured\n21 packets received by filter\n")
    (path / "flows" / "bulk-001.server.json").write_text('{"error": "broken"}')
    problems = "\n".join(load_with_problems(path)[1])
    assert "tcpdump wrote 20 packets and was given 21" in problems
    assert "the qdisc had sent 11 packets; by the capture it was 10 to 10" in problems
    assert "iperf3 reported in bulk-001.server.json: broken" in problems
    assert "short-0000 (of 1100 bytes, 1000 left the bottleneck)" in problems


def test_the_handmade_capture_is_what_the_qdisc_counted(tmp_path):
    found = read_capture(write_trial(tmp_path / "t") / "capture.pcap")
    assert int(found.len_bytes[found.leaving].sum()) == 4783


def test_what_left_after_the_last_sample_is_not_held_against_it(tmp_path):
    late = bulk(78, payload=60)
    found = [*packets(), (7 * SECOND, CAME, late), (7 * SECOND, LEFT, late)]
    _, problems = load_with_problems(write_trial(tmp_path / "t", found=found))
    assert [problem for problem in problems if "last sample" in problem] == []


@pytest.mark.parametrize(("made_ns", "admitted"), [(0, []), (-24 * MS, ["bulk-001"])])
def test_when_the_qdisc_was_made_decides_when_the_filter_is_reset(tmp_path, made_ns, admitted):
    """87 packets of 1514 bytes make a heavy hitter, if there is no reset among them.

    Made at 0, the qdisc resets the filter by the first packet from 44 ms on, so between two times
    50 packets. Made 24 ms before, it does so by the first of all, and not again before 74 ms.
    """
    times = [30 * MS] * 50 + [46 * MS] * 50
    found = [(0, CAME, bulk(0, source_port=40000))]
    found += [(t, CAME, bulk(n, payload=1460)) for n, t in enumerate(times, 1)]
    path = write_trial(tmp_path / "t", found=found)
    environment = json.loads((path / "environment.json").read_text())
    environment["bottleneck_made_ns"] = START_NS + made_ns
    (path / "environment.json").write_text(json.dumps(environment))
    prediction = load_trial(path).prediction
    assert prediction is not None
    assert [name for name, _ in prediction.heavy_hitters] == admitted
