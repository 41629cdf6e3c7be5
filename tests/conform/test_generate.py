# SPDX-License-Identifier: GPL-2.0-or-later
"""Random scenarios: the same for the same seed, odd enough, and playable on every kernel."""

import hashlib

import pytest

from hhf_testbed.conform.compare import compare
from hhf_testbed.conform.generate import random_scenario, scenarios
from hhf_testbed.conform.predict import predict
from hhf_testbed.conform.recording import Done
from hhf_testbed.conform.steps import Change, Enqueue, Link, Sample
from hhf_testbed.model import PROFILES

HZ = 250
SINCE_5_10 = [name for name in PROFILES if name != "2013"]


def test_a_seed_gives_the_same_bytes_and_another_seed_gives_others() -> None:
    first, again, other = (
        "".join(s.to_json() for s in scenarios(seed, 3000)) for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_random_scenarios_reach_every_odd_corner() -> None:
    many = [random_scenario(1, number) for number in range(120)]
    kinds = {type(step) for s in many for step in s.steps}
    assert kinds == {Enqueue, Change, Link, Sample}
    assert {0, 1} <= {s.hhf.get("limit_packets", 1000) for s in many}
    assert max(s.flows for s in many) >= 1000
    assert max(step.len_bytes for s in many for step in s.steps if isinstance(step, Enqueue)) > 9014
    assert any(s.start_ns for s in many)
    assert any(s.hhf.get("evict_timeout_us") == 2**32 - 1 for s in many)
    assert any(s.start_ns for s in many if s.parent == "tbf")


def test_the_scenarios_below_htb_are_still_those_of_the_first_version() -> None:
    text = "".join(random_scenario(1, number).to_json() for number in range(3))
    assert hashlib.sha256(text.encode()).hexdigest()[:12] == "e5a019d65921"


def test_every_fourth_scenario_is_below_tbf() -> None:
    assert [random_scenario(9, number).parent for number in range(8)] == [
        *("htb", "htb", "htb", "tbf") * 2
    ]


def limits(name: str) -> set[int]:
    """The limits to which scenarios for this kernel change in mid-flight below tbf."""
    many = (random_scenario(1, number, PROFILES[name]) for number in range(3, 40, 4))
    changes = (step.params for s in many for step in s.steps if isinstance(step, Change))
    return {params["limit_packets"] for params in changes if "limit_packets" in params}


def test_below_tbf_the_limit_becomes_0_only_on_kernels_that_survive_it() -> None:
    assert {0, 1, 2, 20} <= limits("6.12")
    assert limits("5.10") == limits("6.12") - {0}


@pytest.mark.parametrize("name", SINCE_5_10)
def test_on_every_kernel_since_5_10_they_are_valid_and_end(name: str) -> None:
    features = PROFILES[name]
    for number in (3, 11, 19, 27):
        chosen = random_scenario(1, number, features)
        recording = predict(chosen, HZ, features=features)
        assert compare(recording, HZ, features=features).difference == ""


def test_below_tbf_a_packet_is_often_peeked_at_while_nobody_looks() -> None:
    # Seen in sent_packets, which grows between two samples though no packet came or left.
    unseen = 0
    for number in range(3, 40, 4):
        sent_packets = -1
        for event in predict(random_scenario(1, number), HZ).events:
            values = event.values if isinstance(event, Done) else None
            unseen += values is not None and 0 <= sent_packets < values["sent_packets"]
            sent_packets = values["sent_packets"] if values else -1
    assert unseen > 20
