# SPDX-License-Identifier: GPL-2.0-or-later
"""The x-ray of a run, made by hand: the model walks along with what the kernel did."""

import io
import json

import pytest
from handmade import CAME, LEFT
from trial_directory import MS, SECOND, bulk, packets, write_trial

from hhf_testbed.analysis.flows import read_servers
from hhf_testbed.analysis.passage import passage
from hhf_testbed.analysis.predict import replayed
from hhf_testbed.analysis.record import read_record
from hhf_testbed.errors import RequestError
from hhf_testbed.measure.captures import read_capture
from hhf_testbed.progress import Silent
from hhf_testbed.store.run_directory import RECORD, RECORD_KEYS, SCHEMA, new_run, write_json
from hhf_testbed.xray.trial import of_run


def heavy(count=120):
    """So many packets of the bulk flow within 12 ms; the kernel sends one each 1.5 ms."""
    for n in range(count):
        came = 4 * SECOND + n * MS // 10
        yield came, CAME, bulk(100 + n, payload=1460)
    for n in range(count):
        yield 4 * SECOND + 20 * MS + n * 3 * MS // 2, LEFT, bulk(100 + n, payload=1460)


@pytest.fixture
def run(tmp_path):
    def make(kind="hhf", found=None):
        with new_run(tmp_path / "run") as directory:
            write_trial(directory / "trials" / kind, kind=kind, found=found)
            kernel = {"release": "6.12.117", "hz": 250}
            record = dict.fromkeys(RECORD_KEYS, "") | {"schema": SCHEMA, "kernel": kernel}
            write_json(directory / RECORD, record)
        return tmp_path / "run"

    return make


def look(directory):
    events = io.StringIO()
    with Silent().step("") as step:
        scene = of_run(directory, events, step)
    return scene, [json.loads(line) for line in events.getvalue().splitlines()]


def test_the_model_walks_along_and_says_how_often_it_named_the_kernels_packet(run):
    scene, _ = look(run())
    assert "of its 11 departures, 11 were of the packet" in scene.departures
    assert "kernel 6.12.117, HZ 250" in scene.departures
    assert sorted(flow.name for flow in scene.flows) == [
        "bulk-001", "bulk-001 control", "probe", "short-0000", "short-0000 control",
    ]  # fmt: skip


def test_it_says_the_same_as_the_replay_that_a_report_is_made_from(run):
    directory = run(found=[*packets(), *heavy()])
    trial = directory / "trials" / "hhf"
    record, capture = read_record(trial), read_capture(trial / "capture.pcap")
    whole = passage(capture, read_servers(trial / "flows"), record.started_ns)
    played = replayed(record, whole)
    scene, events = look(directory)
    admitted = [event["time_s"] for event in events if event["event"] == "admitted"]
    assert admitted == [(time_ns - record.started_ns) / 1e9 for _, time_ns in played.admissions]
    assert len(admitted) == 1
    assert f"of its {played.departures} departures, {played.same} were" in scene.departures
    assert scene.watch.hhf.xstats() == played.xstats


def test_a_departure_that_the_model_would_not_make_is_counted_as_such(run):
    """A control packet that leaves twice before the one that came first is another choice."""
    found = [*packets(), (4 * SECOND, CAME, bulk(7)), (4 * SECOND + 1, CAME, bulk(8))]
    found += [(4 * SECOND + 2, LEFT, bulk(8)), (4 * SECOND + 3, LEFT, bulk(7))]
    assert "of its 13 departures, 11 were" in look(run(found=found))[0].departures


def test_a_run_without_hhf_has_no_x_ray(run):
    with pytest.raises(RequestError, match="has no trial of hhf, and only that has an x-ray"):
        look(run("pfifo"))


def test_a_directory_that_is_no_run_is_refused(tmp_path):
    with pytest.raises(RequestError, match="is no finished run"):
        look(tmp_path)
