# SPDX-License-Identifier: GPL-2.0-or-later
"""The x-ray of handmade captures, worked by hand."""

import csv
import io
import json
import random
import tracemalloc
from functools import partial

import pytest
from handmade_files import A, B, C, ethernet, packet, pcap, udp, write

from hhf_testbed.progress import Silent
from hhf_testbed.replay import request
from hhf_testbed.xray import capture, files, picture
from hhf_testbed.xray.capture import of_capture

MS = 1_000_000
HEAVY, LIGHT = ethernet(udp()), ethernet(udp(C))


@pytest.fixture
def look(tmp_path):
    """X-ray packets, and return the scene and the events."""

    def go(packets, *, rate="1gbit", qdisc="hhf"):
        path = write(tmp_path / "c.pcap", pcap(packets))
        events = io.StringIO()
        with Silent().step("") as step:
            scene = of_capture(path, request.parse(rate, qdisc, 250, "6.12", 1), events, step)
        return scene, [json.loads(line) for line in events.getvalue().splitlines()]

    return go


def burst(packets, *, start_ns=0, octets=HEAVY, wire_bytes=1514):
    return [packet(start_ns + n * 1000, octets, wire_bytes) for n in range(packets)]


def some(events, what):
    return [event for event in events if event["event"] == what]


def test_an_admission_and_an_eviction_are_events_with_their_times(look):
    _, events = look([*burst(88), packet(2_000 * MS)])
    (admitted,) = some(events, "admitted")
    assert admitted == {
        "time_s": 86e-6, "event": "admitted", "flow": "UDP 10.0.0.1:4000 > 10.0.0.2:5000",
        "interval": 0, "interval_bytes": 87 * 1514, "flow_bytes": 87 * 1514,
    }  # fmt: skip
    assert [event["time_s"] for event in some(events, "evicted")] == [1.004]


def test_the_end_of_an_interval_shows_filter_table_and_queue(look):
    """At 1 Mbit/s a frame takes 12.112 ms: in 50 ms four others left, and a fifth is under way."""
    _, events = look([*burst(90), packet(50 * MS, LIGHT)], rate="1mbit")
    first, last = some(events, "interval ends")
    assert (first["time_s"], first["interval"], first["known_flows"]) == (0.05, 0, 1)
    assert first["in_use"] == [1 / 1024] * 4
    assert first["largest_bytes"] == [86 * 1514] * 4
    waiting = first["queue_packets"]
    assert waiting["heavy"] + waiting["other"] == 90 - 5
    assert first["queue_bytes"] == {name: count * 1514 for name, count in waiting.items()}
    assert (last["interval"], last["largest_bytes"]) == (1, [1514] * 4)


def test_each_drop_is_an_event_and_the_queue_stays_right(look):
    scene, events = look(burst(100), rate="1mbit", qdisc="hhf limit=90")
    drops = some(events, "dropped")
    assert len(drops) == 9
    assert drops[0]["bucket"] == "heavy"
    assert drops[0]["len_bytes"] == 1514
    rows = scene.eye.series.rows()
    assert sum(row["dropped_heavy_packets"] for row in rows) == 9
    assert max(row["heavy_packets"] + row["other_packets"] for row in rows) <= 91
    assert set(scene.eye.queue_packets.values()) == set(scene.eye.queue_bytes.values()) == {0}


def test_all_arrivals_leave_or_are_dropped_in_some_bin(look):
    scene, _ = look(burst(100), rate="1mbit", qdisc="hhf limit=90")
    rows = scene.eye.series.rows()
    assert sum(row["arrived_bytes"] for row in rows) == 100 * 1514
    assert sum(row["arrived_heavy_bytes"] for row in rows) == 14 * 1514
    assert sum(row["sent_packets"] for row in rows) == 91


def test_a_queue_that_waits_while_nothing_happens_is_in_every_bin(look):
    """At 10 kbit/s a frame takes 1.2 s, which is 121 bins of 10 ms."""
    scene, _ = look(burst(3), rate="10kbit")
    waiting = [row["other_packets"] for row in scene.eye.series.rows()]
    assert waiting[:243] == [2] * 122 + [1] * 121


def test_the_last_line_tells_that_nothing_is_missing(look):
    _, events = look(burst(5))
    assert [event["packets"] for event in some(events, "end")] == [5]
    assert events[-1]["event"] == "end"


def test_the_picture_has_a_row_per_flow_by_class_and_one_for_the_rest(look):
    flows = [ethernet(udp(A, B, 6000 + n)) for n in range(25)]
    packets = burst(90)
    packets += [packet(n * 10 * MS, octets, 600 - n) for n, octets in enumerate(flows, 1)]
    drawn = picture.picture(look(packets)[0])
    assert [row.sent_bytes for row in drawn.rows[:2]] == [90 * 1514, 599]
    first = drawn.rows[0]
    assert [list(bins) for bins in (first.light, first.heavy, first.admitted)] == [[0], [0], [0]]
    assert list(drawn.rows[1].light) == [1]
    assert drawn.rest.name == "6 other flows"
    assert list(drawn.rest.light) == list(range(20, 26))
    assert drawn.rest.sent_bytes == sum(600 - n for n in range(20, 26))


def test_forgotten_flows_stay_in_the_row_of_the_rest(look, monkeypatch):
    few = partial(capture.replay, max_flows=32)
    monkeypatch.setattr(capture, "replay", few)
    packets = [packet(n * 10 * MS, ethernet(udp(A, B, 6000 + n)), 600) for n in range(100)]
    scene, _ = look(packets)
    drawn = picture.picture(scene)
    assert scene.forgotten > 0
    shown = {int(number) for row in drawn.rows for number in row.light}
    assert shown | set(drawn.rest.light.tolist()) == set(range(100))
    assert drawn.rest.name == "80 other flows"


def test_a_flow_that_a_full_table_turns_away_is_marked_as_missed(look):
    scene, events = look(burst(100), qdisc="hhf hh_limit=0")
    assert list(picture.picture(scene).rows[0].missed) == [0]
    assert len(some(events, "missed")) == 1
    assert "14 packets of heavy flows were missed" in picture.caption(scene)


def test_the_files_say_what_the_scene_does_and_are_the_same_twice(tmp_path):
    packets = [*burst(100), packet(50 * MS, LIGHT), packet(3_000 * MS)]
    path = write(tmp_path / "c.pcap", pcap(packets))
    asked = request.parse("10mbit", "hhf limit=50", 250, "6.12", 1)

    def go(events):
        with Silent().step("") as step:
            return of_capture(path, asked, events, step)

    made = [tmp_path / name for name in ("one", "two")]
    for directory in made:
        files.make(directory, go)
    names = ["bins.csv", "events.jsonl", "flows.csv", "summary.json"]
    names += ["xray.png", "xray.svg", "xray.txt"]
    assert sorted(file.name for file in made[0].iterdir()) == names
    for name in names:
        assert (made[0] / name).read_bytes() == (made[1] / name).read_bytes(), name
    with (made[0] / "flows.csv").open(newline="") as file:
        assert [row["admissions"] for row in csv.DictReader(file)] == ["1", "0"]
    assert json.loads((made[0] / "summary.json").read_text())["packets"] == 102


def test_memory_does_not_depend_on_the_length_of_the_file(tmp_path):
    """Ten times the packets and the time: less than 0.5 MB more, past the first 1024 bins."""
    asked = request.parse("10mbit", "hhf limit=100", 250, "6.12", 1)

    def peak_bytes(packets):
        rng = random.Random(1)
        flows = [ethernet(udp(A, B, number)) for number in range(50)]
        each = [packet(n * 5 * MS, flows[rng.randrange(50)], 1514) for n in range(packets)]
        path = write(tmp_path / "c.pcap", pcap(each))
        del each
        with (tmp_path / "events").open("w") as events, Silent().step("") as step:
            tracemalloc.start()
            of_capture(path, asked, events, step)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        return peak

    peak_bytes(100)  # what is imported and cached once
    assert peak_bytes(30_000) - peak_bytes(3_000) < 500_000
