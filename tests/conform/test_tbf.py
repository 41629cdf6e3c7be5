# SPDX-License-Identifier: GPL-2.0-or-later
"""Below tbf one packet is set aside, trimmed first, and replaced when tbf's watchdog fires."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from hhf_testbed.conform.compare import compare
from hhf_testbed.conform.predict import predict
from hhf_testbed.conform.recording import Departure, Done, Recording
from hhf_testbed.conform.scenario import Scenario
from hhf_testbed.conform.tbf import Tbf
from hhf_testbed.model import CURRENT, PROFILES, Hhf, LockupError, Packet, initial_params
from hhf_testbed.tc.shaper import shaper

HZ = 250
RATE_BPS = 1_000_000
NS_PER_BYTE = 8000
SLACK_BYTES = 1  # what this rate sends in the 1 us that the burst is longer than a frame
FRAME = ["enqueue", 1_000_000, 1, 1514]
SMALL = ["enqueue", 1_000_000, 2, 60]
WOKEN_NS = 1_000_000 + (60 - SLACK_BYTES) * NS_PER_BYTE
"""When tbf could send the small packet, all credit having gone into the frame."""


def scenario(*steps: list[Any], parent: str = "tbf", **hhf: int) -> Scenario:
    data = {"format": 1, "name": "x", "rate_bps": RATE_BPS, "parent": parent, "hhf": hhf}
    return Scenario.of({**data, "steps": list(steps)})


def sampled(chosen: Scenario, **features: bool) -> Mapping[str, int]:
    """What the last sample of the modelled kernel reads."""
    kernel = predict(chosen, HZ, features=replace(CURRENT, **features))
    last = kernel.events[-1]
    assert isinstance(last, Done)
    assert last.values is not None
    return last.values


def tbf_with(*lengths_bytes: int) -> tuple[Tbf, Hhf]:
    hhf = Hhf(initial_params(1500, 14, CURRENT))
    tbf = Tbf(shaper(RATE_BPS, 1514), hhf)
    for number, length in enumerate(lengths_bytes):
        packet = Packet(7, length, number)
        hhf.parent.handed_down(packet, hhf.enqueue(packet, 0))
        tbf.run()
    return tbf, hhf


def test_one_packet_is_set_aside_as_soon_as_one_arrives() -> None:
    tbf, hhf = tbf_with()
    assert (tbf.due_ns, hhf.peeked, tbf.take(0)) == (None, None, None)
    tbf, hhf = tbf_with(100, 200)
    assert hhf.peeked is not None
    assert (hhf.peeked.len_bytes, hhf.qlen_packets, hhf.backlog_bytes) == (100, 2, 300)


def test_a_packet_leaves_when_its_tokens_have_come_and_the_next_is_set_aside() -> None:
    tbf, hhf = tbf_with(1514, 1000)
    sent = tbf.take(5)
    assert sent is not None
    assert sent.len_bytes == 1514
    assert hhf.peeked is not None
    assert hhf.peeked.len_bytes == 1000
    assert tbf.due_ns == 5 + (1000 - SLACK_BYTES) * NS_PER_BYTE


def test_credit_is_kept_up_to_the_burst_and_no_further() -> None:
    tbf, _ = tbf_with(60, 1514, 1514)
    tbf.take(0)
    tbf.take(10**12)
    assert tbf.due_ns == 10**12 + (1514 - SLACK_BYTES) * NS_PER_BYTE


def test_after_link_down_a_whole_burst_may_leave_at_once() -> None:
    flap = (["link", 2_000_000, "down"], ["link", 3_000_000, "up"])
    events = predict(scenario(FRAME, *flap, ["enqueue", 4_000_000, 1, 1514]), HZ).events
    assert [e.at_ns for e in events if isinstance(e, Departure)] == [1_000_000, 4_000_000]


def test_the_peeked_packet_is_in_the_queue_and_counts_as_sent() -> None:
    values = sampled(scenario(FRAME, SMALL, ["sample", 1_000_000]))
    assert (values["sent_packets"], values["sent_bytes"]) == (2, 1574)
    assert (values["qlen_packets"], values["backlog_bytes"]) == (1, 60)
    assert (values["parent_qlen_packets"], values["parent_backlog_bytes"]) == (1, 60)


def test_htb_sets_nothing_aside() -> None:
    for parent, aside in (("htb", 0), ("tbf", 1)):
        chosen = scenario([*FRAME, 5], ["sample", 1_000_000], parent=parent)
        left = sum(isinstance(event, Departure) for event in predict(chosen, HZ).events)
        assert sampled(chosen)["sent_packets"] == left + aside


TRIMMED = (FRAME, SMALL, [*FRAME, 2], ["change", 1_200_000, {"limit_packets": 2}])


def test_the_peeked_packet_is_trimmed_first_and_no_other_is_peeked_at_once() -> None:
    values = sampled(scenario(*TRIMMED, ["sample", 1_202_000]))
    assert (values["qlen_packets"], values["backlog_bytes"]) == (2, 3028)
    assert values["sent_packets"] == 2  # the first frame, and the small packet when peeked at
    assert (values["parent_qlen_packets"], values["parent_drops"]) == (2, 1)


def test_the_watchdog_fires_at_its_old_time_and_then_the_next_packet_is_set_aside() -> None:
    for at_ns, sent_packets in ((WOKEN_NS - 2000, 2), (WOKEN_NS, 3)):
        assert sampled(scenario(*TRIMMED, ["sample", at_ns]))["sent_packets"] == sent_packets


def test_what_was_set_aside_then_is_not_overtaken_by_the_favoured_class() -> None:
    light = ["enqueue", WOKEN_NS + 2000, 9, 60]
    room = ["change", 1_202_000, {"limit_packets": 9}]
    chosen = scenario(*TRIMMED, room, light, ["sample", 10**9], admit_bytes=1514)
    left = [event.step for event in predict(chosen, HZ).events if isinstance(event, Departure)]
    assert left == [0, 2, 6, 3]


def at_waking(sent_packets: int, at_ns: int) -> Recording:
    """A recording whose sample, near the time when tbf wakes, shows so many sent packets."""
    recording = predict(scenario(*TRIMMED, ["sample", at_ns]), HZ)
    done = recording.events[-1]
    assert isinstance(done, Done)
    sent_bytes = {2: 1574, 3: 3088}[sent_packets]
    values = {**(done.values or {}), "sent_packets": sent_packets, "sent_bytes": sent_bytes}
    return replace(recording, events=[*recording.events[:-1], replace(done, values=values)])


@pytest.mark.parametrize(("late_ns", "allowed"), [(-2000, {2}), (-1999, {2, 3}), (0, {2, 3}),
                                                  (999, {2, 3}), (1000, {3})])  # fmt: skip
def test_only_within_the_clocks_grain_may_a_sample_say_whether_tbf_had_woken(
    late_ns: int, allowed: set[int]
) -> None:
    agreed = {n for n in (2, 3) if not compare(at_waking(n, WOKEN_NS + late_ns), HZ).difference}
    assert agreed == allowed


@pytest.mark.parametrize(
    ("feature", "said"),
    [
        ("peeked_trimmed", "sent_packets: kernel 3, model 2"),
        ("peeked_trim_counted", "backlog_bytes: kernel 3088, model 3028"),
        ("peeked_bytes_counted", "backlog_bytes: kernel"),
    ],
)
def test_kernels_that_treat_the_peeked_packet_otherwise_are_told_apart_below_tbf_only(
    feature: str, said: str
) -> None:
    for parent, expected in (("tbf", said), ("htb", "")):
        chosen = scenario(*TRIMMED, ["sample", 1_202_000], parent=parent)
        old = predict(chosen, HZ, features=replace(CURRENT, **{feature: False}))
        difference = compare(old, HZ).difference
        assert expected in difference
        assert bool(difference) == bool(expected)


LOCKUP = (FRAME, SMALL, ["change", 1_200_000, {"limit_packets": 0}], ["sample", 1_202_000])


def test_where_the_kernel_would_hang_the_modelled_one_says_so() -> None:
    with pytest.raises(LockupError, match="peeked at"):
        predict(scenario(*LOCKUP), HZ, features=PROFILES["5.10"])


def test_a_kernel_that_did_not_hang_where_the_model_does_is_a_difference() -> None:
    verdict = compare(predict(scenario(*LOCKUP), HZ), HZ, features=PROFILES["5.10"])
    assert "the model hangs where the kernel did not" in verdict.difference


@pytest.mark.parametrize(
    ("late_ns", "agrees"), [(-2000, True), (0, True), (999, True), (1000, False)]
)
def test_where_a_packet_comes_as_tbf_wakes_either_may_have_been_first(
    late_ns: int, agrees: bool
) -> None:
    # Limit 1: the old packet is dropped, unless tbf has set it aside; then it is the new one.
    steps = [FRAME, SMALL, FRAME, ["change", 1_200_000, {"limit_packets": 1}]]
    late = ["enqueue", WOKEN_NS - 2000, 4, 60]
    came_first = predict(scenario(*steps, late, ["sample", 10**8]), HZ)
    assert [e.step for e in came_first.events if isinstance(e, Departure)] == [0, 4]
    told = [
        replace(event, at_ns=WOKEN_NS + late_ns)
        if isinstance(event, Done) and event.at_ns == WOKEN_NS - 2000
        else event
        for event in came_first.events
    ]
    verdict = compare(replace(came_first, events=told), HZ, history=True)
    assert bool(verdict.difference) != agrees
    assert verdict.departures == len([e for e in told if isinstance(e, Departure)])
    assert sum("enqueue" in row[1] for row in verdict.history) == 4


def test_a_watchdog_that_finds_no_packet_still_lets_empty_buckets_leave_their_lines() -> None:
    # Else the light bucket would keep its old place, behind the heavy one's turn.
    chosen = scenario(
        FRAME, [*SMALL, 2], ["change", 1_200_000, {"limit_packets": 0}],
        ["change", 1_300_000, {"limit_packets": 20}], ["enqueue", 2_000_000, 1, 1514],
        ["enqueue", 2_000_000, 1, 60, 2], ["enqueue", 2_000_000, 3, 60], ["sample", 10**8],
        quantum_bytes=3000, admit_bytes=1514,
    )  # fmt: skip
    left = [event.step for event in predict(chosen, HZ).events if isinstance(event, Departure)]
    assert left == [0, 5, 8, 6, 7]
