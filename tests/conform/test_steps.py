# SPDX-License-Identifier: GPL-2.0-or-later
"""Each kind of step does what it says, and each count can be expected, below HTB and below tbf.

The model plays the kernel. A sample's expectations are judged by what this kernel reads, so these
numbers are claims about HHF and its parents, each checked by hand.
"""

from dataclasses import replace
from typing import Any

import pytest

from hhf_testbed.conform.compare import compare
from hhf_testbed.conform.predict import predict
from hhf_testbed.conform.recording import Departure, Done
from hhf_testbed.conform.scenario import PARENTS, Scenario
from hhf_testbed.conform.steps import COUNTS, PARENT_COUNTS, SAMPLED
from hhf_testbed.model.settings import NAMES

HZ = 250
MS = 1_000_000
AFTER_ALL = 10**11


def scenario(parent: str, steps: list[Any], **hhf: int) -> Scenario:
    data = {"format": 1, "name": "x", "rate_bps": 1_000_000, "parent": parent, "hhf": hhf}
    return Scenario.of({**data, "steps": steps})


def judged(parent: str, steps: list[Any], **hhf: int) -> str:
    """Return what is wrong with the expectations, if anything."""
    return compare(predict(scenario(parent, steps, **hhf), HZ), HZ).difference


def sample(at_ns: int, qlen: int, backlog: int, sent: int, **more: int) -> list[Any]:
    """A sample at which parent and child agree about the queue."""
    counts = {"qlen_packets": qlen, "backlog_bytes": backlog}
    parents = {f"parent_{name}": value for name, value in counts.items()}
    return ["sample", at_ns, {**counts, **parents, "sent_packets": sent, **more}]


@pytest.mark.parametrize("parent", PARENTS)
def test_each_enqueue_is_queued_sent_and_counted(parent: str) -> None:
    # All leave but one: HTB lets its class owe for the second, tbf has it set aside.
    waiting = {"htb": (1, 1514), "tbf": (2, 3028)}[parent]
    steps = [
        ["enqueue", MS, 1, 1514, 3],
        sample(MS, *waiting, 2, sent_bytes=3028, drops=0),
        sample(AFTER_ALL, 0, 0, 3, sent_bytes=4542, parent_drops=0),
    ]
    assert judged(parent, steps) == ""


@pytest.mark.parametrize("parent", PARENTS)
def test_a_frame_too_many_is_dropped_and_the_parent_hears_of_it(parent: str) -> None:
    dropped = {"htb": 2, "tbf": 3}[parent]
    steps = [
        ["enqueue", MS, 1, 1514, 6],
        ["sample", MS, {"drops": dropped, "drop_overlimit": dropped, "parent_drops": dropped}],
    ]
    assert judged(parent, steps, limit_packets=2) == ""


@pytest.mark.parametrize("parent", PARENTS)
def test_heavy_hitters_are_counted(parent: str) -> None:
    steps = [
        ["enqueue", MS, 1, 1514, 2],
        ["enqueue", MS, 2, 1514, 2],
        ["sample", MS, {"hh_tot_count": 1, "hh_cur_count": 1, "hh_overlimit": 1}],
    ]
    assert judged(parent, steps, admit_bytes=1514, hh_limit=1) == ""


@pytest.mark.parametrize("parent", PARENTS)
def test_a_change_trims_and_sets_every_parameter(parent: str) -> None:
    changed = {
        "limit_packets": 1, "quantum_bytes": 3000, "hh_limit": 7, "reset_timeout_us": 8000,
        "admit_bytes": 9, "evict_timeout_us": 12_000, "non_hh_weight": 5,
    }  # fmt: skip
    assert set(changed) == set(NAMES)
    left = {"htb": 2, "tbf": 1}[parent]
    steps = [
        ["enqueue", MS, 1, 1514, 5],
        ["change", 2 * MS, changed],
        sample(2 * MS, 1, 1514, 4, drops=0, drop_overlimit=0, parent_drops=4 - left, **changed),
    ]
    assert judged(parent, steps) == ""


@pytest.mark.parametrize("parent", PARENTS)
def test_a_change_that_is_refused_changes_nothing(parent: str) -> None:
    steps = [
        ["change", MS, {"limit_packets": 1, "non_hh_weight": 0}],
        ["sample", MS, {"limit_packets": 1000, "non_hh_weight": 2}],
    ]
    assert judged(parent, steps) == ""


@pytest.mark.parametrize("parent", PARENTS)
def test_link_down_throws_the_queue_away_as_sent_and_forgets_who_was_heavy(parent: str) -> None:
    steps = [
        ["enqueue", MS, 1, 1514, 5],
        ["link", 2 * MS, "down"],
        sample(2 * MS, 0, 0, 5, drops=0, parent_drops=0, hh_cur_count=0, hh_tot_count=1),
    ]
    assert judged(parent, steps, admit_bytes=2000) == ""


@pytest.mark.parametrize("parent", PARENTS)
def test_what_is_sent_while_the_link_is_down_reaches_no_qdisc(parent: str) -> None:
    steps = [
        ["link", MS, "down"],
        ["enqueue", 2 * MS, 1, 1514, 3],
        sample(2 * MS, 0, 0, 0, drops=0, parent_drops=0),
        ["link", 3 * MS, "up"],
        ["enqueue", 4 * MS, 1, 1514],
        sample(4 * MS, 0, 0, 1),
    ]
    assert judged(parent, steps) == ""
    recording = predict(scenario(parent, steps), HZ)
    errnos = [event.errno for event in recording.events if isinstance(event, Done)]
    assert errnos == [0, 100, 100, 100, 0, 0, 0, 0]
    assert [e.step for e in recording.events if isinstance(e, Departure)] == [6]


@pytest.mark.parametrize("parent", PARENTS)
def test_a_link_that_is_down_or_up_already_stays_so(parent: str) -> None:
    steps = [
        ["enqueue", MS, 1, 1514, 5],
        ["link", 2 * MS, "up"],
        ["sample", 2 * MS, {"sent_packets": 2}],
        ["link", 3 * MS, "down"],
        ["link", 4 * MS, "down"],
        sample(4 * MS, 0, 0, 5),
        ["link", 5 * MS, "up"],
        ["link", 6 * MS, "up"],
        ["enqueue", 7 * MS, 1, 1514],
        sample(7 * MS, 0, 0, 6),
    ]
    assert judged(parent, steps) == ""


BUSY = [
    ["enqueue", MS, 1, 1514, 9],
    ["enqueue", MS, 2, 1514, 2],
    ["change", 2 * MS, {"hh_limit": 5}],
]


@pytest.mark.parametrize("parent", PARENTS)
@pytest.mark.parametrize("name", SAMPLED)
def test_each_count_and_parameter_can_be_expected(parent: str, name: str) -> None:
    played = predict(scenario(parent, [*BUSY, ["sample", 2 * MS]], limit_packets=6), HZ)
    done = played.events[-1]
    assert isinstance(done, Done)
    assert done.values is not None
    truth = done.values[name]
    for expected, said in ((truth, ""), (truth + 1, f"{name}: expected {truth + 1}, kernel ")):
        steps = [*BUSY, ["sample", 2 * MS, {name: expected}]]
        difference = judged(parent, steps, limit_packets=6)
        assert said in difference
        assert bool(difference) == bool(said)


@pytest.mark.parametrize("parent", PARENTS)
@pytest.mark.parametrize("name", [*COUNTS, *PARENT_COUNTS, *NAMES])
def test_each_count_and_parameter_that_the_kernel_has_otherwise_is_a_difference(
    parent: str, name: str
) -> None:
    played = predict(scenario(parent, [*BUSY, ["sample", 2 * MS]], limit_packets=6), HZ)
    done = played.events[-1]
    assert isinstance(done, Done)
    assert done.values is not None
    other = replace(done, values=done.values | {name: done.values[name] + 7})
    difference = compare(replace(played, events=[*played.events[:-1], other]), HZ).difference
    assert f"{name}: kernel {done.values[name] + 7}, model {done.values[name]}" in difference


def test_a_sample_expects_nothing_of_what_it_does_not_name() -> None:
    assert judged("tbf", [["sample", MS, {}]]) == ""
