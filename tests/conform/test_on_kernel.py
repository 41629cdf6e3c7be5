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
from hhf_testbed.conform.steps import Enqueue, Sample
from hhf_testbed.conform.tools import own_source
from hhf_testbed.errors import LabFailure
from hhf_testbed.kernels import Kernel
from hhf_testbed.model import CURRENT
from hhf_testbed.model.wdrr import Bucket, Wdrr
from hhf_testbed.recognise import recognise

PACKETS = 20_000
KEPT = sorted((Path(__file__).parent / "diverged").glob("*.json"))


@pytest.fixture(scope="module")
def lab(kernel: Kernel) -> Lab:
    return Lab.of(kernel)


@pytest.fixture(scope="module")
def campaign(lab: Lab) -> Campaign:
    return Campaign(lab, 1, recognise(lab).features)


@pytest.mark.guest
def test_twenty_thousand_packets_agree(campaign: Campaign) -> None:
    total = tally(campaign.judge(scenarios(1, PACKETS)))
    assert [(s.name, v.difference) for s, v in total.diverged] == []
    assert total.packets >= PACKETS
    assert min(total.departures, total.drops, total.samples, total.admissions) > 100
    assert {scenario.parent for scenario in scenarios(1, PACKETS)} == {"htb", "tbf"}


@pytest.mark.guest
def test_the_same_seed_gives_the_same_recording(lab: Lab) -> None:
    chosen = list(scenarios(2, 1000))
    first, again = (lab.play(chosen, seed=7) for _ in range(2))
    assert [asdict(r) for r in first] == [asdict(r) for r in again]


@pytest.mark.guest
def test_every_scenario_that_is_kept_agrees_on_the_kernel(campaign: Campaign) -> None:
    assert KEPT
    judged = campaign.judge([read_scenario(path) for path in KEPT])
    assert [(s.name, v.difference) for s, v in judged if v.difference] == []


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_every_scenario_that_is_kept_meets_its_expectations_on_the_model(path: Path) -> None:
    assert compare(predict(read_scenario(path), 250), 250).difference == ""


@pytest.mark.guest
def test_a_model_that_drops_from_the_wrong_bucket_is_found_and_shrunk(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    def light_first(self: Wdrr) -> Bucket:
        return self.light if self.light.packets else self.heavy

    monkeypatch.setattr(Wdrr, "victim", light_first)
    kept = read_scenario(next(path for path in KEPT if path.stem == "drop-heavy-first"))
    before = tuple(Enqueue(kept.steps[0].at_ns // 2, 1, 60) for _ in range(50))
    long = replace(kept, steps=(*before, *kept.steps))
    assert campaign.diverges([kept, long]) == [True, True]
    small = shrink(long, campaign.diverges, deadline_s=20)
    assert small.packets <= kept.packets
    assert campaign.diverges([small]) == [True]


@pytest.mark.guest
def test_a_kernel_that_hashes_flows_otherwise_cannot_be_followed(lab: Lab) -> None:
    with pytest.raises(LabFailure, match="does not hash flows with siphash"):
        Campaign(lab, 1, replace(CURRENT, hash_siphash=False))


@pytest.mark.guest
def test_a_kernel_that_trims_the_peeked_packet_last_is_found_below_tbf_only(
    kernel: Kernel, tmp_path: Path
) -> None:
    first = "= qdisc_dequeue_internal(sch, false);"
    last = "= hhf_dequeue(sch) ?: qdisc_dequeue_internal(sch, false);"
    text = own_source(kernel).read_text()
    assert text.count(first) == 1
    (tmp_path / "sch_hhf.c").write_text(text.replace(first, last))
    campaign = Campaign(Lab.of(kernel, tmp_path / "sch_hhf.c"), 1, CURRENT)
    kept = read_scenario(next(p for p in KEPT if p.stem == "peeked-packet-is-trimmed-first"))
    steps = (*kept.steps[:-1], Sample(kept.steps[-1].at_ns))
    below = [replace(kept, steps=steps, parent=parent) for parent in ("tbf", "htb")]
    assert campaign.diverges(below) == [True, False]
