# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernel and model agree packet for packet: random scenarios, and all that ever diverged."""

from dataclasses import asdict, replace
from pathlib import Path

import pytest

from hhf_testbed.conform.campaign import Campaign, tally
from hhf_testbed.conform.compare import compare
from hhf_testbed.conform.generate import scenarios
from hhf_testbed.conform.lab import Lab
from hhf_testbed.conform.predict import predict
from hhf_testbed.conform.scenario import read_scenario
from hhf_testbed.conform.shrink import shrink
from hhf_testbed.conform.steps import Enqueue
from hhf_testbed.kernels import Kernel
from hhf_testbed.model.wdrr import Bucket, Wdrr

PACKETS = 20_000
KEPT = sorted((Path(__file__).parent / "diverged").glob("*.json"))


@pytest.fixture(scope="module")
def lab(kernel: Kernel) -> Lab:
    return Lab.of(kernel)


@pytest.mark.guest
def test_twenty_thousand_packets_agree(lab: Lab) -> None:
    total = tally(Campaign(lab, 1).judge(scenarios(1, PACKETS)))
    assert [(s.name, v.difference) for s, v in total.diverged] == []
    assert total.packets >= PACKETS
    assert min(total.departures, total.drops, total.samples, total.admissions) > 100


@pytest.mark.guest
def test_the_same_seed_gives_the_same_recording(lab: Lab) -> None:
    chosen = list(scenarios(2, 1000))
    first, again = (lab.play(chosen, seed=7) for _ in range(2))
    assert [asdict(r) for r in first] == [asdict(r) for r in again]


@pytest.mark.guest
def test_every_scenario_that_is_kept_agrees_on_the_kernel(lab: Lab) -> None:
    assert KEPT
    judged = Campaign(lab, 1).judge([read_scenario(path) for path in KEPT])
    assert [(s.name, v.difference) for s, v in judged if v.difference] == []


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_every_scenario_that_is_kept_meets_its_expectations_on_the_model(path: Path) -> None:
    assert compare(predict(read_scenario(path), 250), 250).difference == ""


@pytest.mark.guest
def test_a_model_that_drops_from_the_wrong_bucket_is_found_and_shrunk(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def light_first(self: Wdrr) -> Bucket:
        return self.light if self.light.packets else self.heavy

    monkeypatch.setattr(Wdrr, "victim", light_first)
    campaign = Campaign(lab, 1)
    kept = read_scenario(next(path for path in KEPT if path.stem == "drop-heavy-first"))
    before = tuple(Enqueue(kept.steps[0].at_ns // 2, 1, 60) for _ in range(50))
    long = replace(kept, steps=(*before, *kept.steps))
    assert campaign.diverges([kept, long]) == [True, True]
    small = shrink(long, campaign.diverges, deadline_s=20)
    assert small.packets <= kept.packets
    assert campaign.diverges([small]) == [True]
