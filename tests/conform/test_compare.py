# SPDX-License-Identifier: GPL-2.0-or-later
"""The comparison is green when kernel and model agree, and red at the first difference.

The model itself plays the kernel here (``predict``), with other features where it shall differ.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from hhf_testbed.conform import compare as compare_module
from hhf_testbed.conform.compare import Verdict, compare
from hhf_testbed.conform.generate import random_scenario
from hhf_testbed.conform.history import history_text
from hhf_testbed.conform.predict import predict
from hhf_testbed.conform.recording import Departure, Done, Recording
from hhf_testbed.conform.scenario import Scenario
from hhf_testbed.model import CURRENT
from hhf_testbed.model.wdrr import Wdrr

HZ = 250


def scenario(steps: list[Any], **hhf: int) -> Scenario:
    data = {"format": 1, "name": "x", "rate_bps": 1_000_000, "hhf": hhf, "steps": steps}
    return Scenario.of(data)


TWO_FLOWS = scenario(
    [["enqueue", 0, 1, 1514, 4], ["enqueue", 0, 2, 60, 3], ["sample", 10**9, {"sent_packets": 7}]],
    admit_bytes=1000,
)


def spoiled(change: Callable[[list[Any]], list[Any]]) -> Verdict:
    recording = predict(TWO_FLOWS, HZ)
    return compare(replace(recording, events=change(list(recording.events))), HZ)


def test_the_model_agrees_with_itself_on_random_scenarios_and_counts_them() -> None:
    for number in range(15):
        chosen = random_scenario(4, number)
        verdict = compare(predict(chosen, HZ), HZ)
        assert verdict.difference == ""
        assert verdict.packets == chosen.packets


def test_a_packet_that_leaves_out_of_order_is_found() -> None:
    def swap(events: list[Any]) -> list[Any]:
        first, *_, last = [i for i, event in enumerate(events) if isinstance(event, Departure)]
        events[first], events[last] = events[last], events[first]
        return events

    assert (
        "the kernel sent step 3 (flow 1, 1514 bytes), the model step 0" in spoiled(swap).difference
    )


def test_a_packet_that_never_leaves_is_found_at_the_next_sample() -> None:
    last = [e for e in predict(TWO_FLOWS, HZ).events if isinstance(e, Departure)][-1]
    verdict = spoiled(lambda events: [event for event in events if event != last])
    assert "sent_packets: kernel 7, model 6" in verdict.difference


def test_a_count_that_differs_is_named_with_both_values() -> None:
    def one_more(events: list[Any]) -> list[Any]:
        done = events[-1]
        assert isinstance(done, Done)
        assert done.values is not None
        return [*events[:-1], replace(done, values=done.values | {"hh_tot_count": 9})]

    assert "hh_tot_count: kernel 9, model 1" in spoiled(one_more).difference


def test_an_answer_that_differs_is_found() -> None:
    refused = scenario([["change", 0, {"non_hh_weight": 0}], ["sample", 5000]])
    recording = predict(refused, HZ)
    assert compare(recording, HZ).difference == ""
    accepted = replace(recording, events=[Done(0, 0), *recording.events[1:]])
    assert "the kernel answered errno 0, the model 22" in compare(accepted, HZ).difference


def test_an_expectation_that_fails_is_a_difference_though_kernel_and_model_agree() -> None:
    wrong = scenario([["enqueue", 0, 1, 60], ["sample", 10**9, {"qlen_packets": 5}]])
    assert "qlen_packets: expected 5, kernel 0" in compare(predict(wrong, HZ), HZ).difference


def test_a_kernel_that_keeps_its_flows_over_a_reset_is_told_from_one_that_forgets() -> None:
    flap = [
        ["enqueue", 0, 1, 1514],
        ["link", 5000, "down"],
        ["link", 9000, "up"],
        ["sample", 20_000],
    ]
    chosen = scenario(flap, admit_bytes=1000)
    old = predict(chosen, HZ, features=replace(CURRENT, reset_forgets_flows=False))
    assert "hh_cur_count: kernel 1, model 0" in compare(old, HZ).difference


def test_a_model_that_takes_turns_in_another_order_diverges(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recording = predict(TWO_FLOWS, HZ)
    monkeypatch.setattr(Wdrr, "_turn_bytes", lambda *_: 10**6)
    assert compare(recording, HZ).difference == ""  # too few packets to use up a turn
    many = scenario([["enqueue", 0, f, 1514] for f in (1, 1, 2, 3) * 9] + [["sample", 10**9]],
                    admit_bytes=1514)  # fmt: skip
    monkeypatch.undo()
    recording = predict(many, HZ)
    monkeypatch.setattr(Wdrr, "_turn_bytes", lambda *_: 10**6)
    assert "the kernel sent" in compare(recording, HZ).difference


def test_the_history_shows_both_sides_beside_each_other() -> None:
    verdict = compare(predict(TWO_FLOWS, HZ), HZ, history=True)
    text = history_text(TWO_FLOWS, verdict)
    line = next(line for line in text.splitlines() if "sent step 4" in line)
    assert line.count("sent step 4 (flow 2, 60 bytes)") == 2
    assert "admitted as heavy" in text
    assert text.rstrip().endswith("kernel and model agree")


def test_flows_that_collide_in_the_kernel_collide_in_the_model(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    two = scenario([["enqueue", 0, 1, 1000], ["enqueue", 0, 2, 1000], ["sample", 10**9]],
                   admit_bytes=1500)  # fmt: skip
    recording = predict(two, HZ)
    monkeypatch.setattr(compare_module, "flow_hashes", lambda flows, _: [5] * flows)
    assert "hh_tot_count: kernel 0, model 1" in compare(recording, HZ).difference


def test_a_recording_knows_when_each_step_was_carried_out() -> None:
    recording: Recording = predict(TWO_FLOWS, HZ)
    assert [e.at_ns for e in recording.events if isinstance(e, Done)] == [0] * 7 + [10**9]
