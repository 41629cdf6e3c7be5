# SPDX-License-Identifier: GPL-2.0-or-later
"""What is made of finished trials: summaries, verdicts and the report, from stored data alone."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hhf_testbed.analysis.claims import judge
from hhf_testbed.analysis.controls import DEFAULT_LIMIT_PACKETS
from hhf_testbed.analysis.facts import Facts
from hhf_testbed.analysis.load import load_with_problems
from hhf_testbed.analysis.remarks import remarks
from hhf_testbed.analysis.report import write_report
from hhf_testbed.analysis.series import TrialSeries
from hhf_testbed.analysis.summary import summarise
from hhf_testbed.analysis.verdict import Claim, exit_status
from hhf_testbed.experiments.specification import RunSpec
from hhf_testbed.store.run_directory import write_json


@dataclass(frozen=True)
class Loaded:
    """One trial, loaded: its series, and its summary with the reasons not to trust it."""

    series: TrialSeries
    summary: dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What a run says."""

    facts: tuple[Facts, ...]
    claims: tuple[Claim, ...]
    remarks: tuple[str, ...]

    @property
    def exit_status(self) -> int:
        """0 all claims hold, 1 one does not, 2 nothing was learned."""
        return exit_status(self.claims)


def load(directory: Path, kind: str) -> Loaded:
    """Load the trial of one qdisc from a run's directory."""
    series, problems = load_with_problems(directory / "trials" / kind)
    return Loaded(series, {**summarise(series), "problems": problems})


def bottlenecks(directory: Path, spec: RunSpec) -> dict[str, Any]:
    """Return what the kernel had at each trial's bottleneck, as it was read back."""
    return {
        qdisc.kind: json.loads(
            (directory / "trials" / qdisc.kind / "environment.json").read_text()
        )["bottleneck"]
        for qdisc in spec.qdiscs
    }


def conclude(
    directory: Path, record: Mapping[str, Any], spec: RunSpec, loaded: Mapping[str, Loaded]
) -> Outcome:
    """Judge a run and write its derived files into ``directory``.

    ``loaded`` holds every qdisc of ``spec``, by its kind.
    """
    kinds = [qdisc.kind for qdisc in spec.qdiscs]
    facts = {kind: Facts.of(loaded[kind].summary) for kind in kinds}
    claims = judge(facts, spec.scenario, pfifo_limit=_pfifo_limit(record))
    summaries = {kind: loaded[kind].summary for kind in kinds}
    write_json(directory / "summary.json", summaries)
    write_json(directory / "claims.json", [asdict(claim) for claim in claims])
    trials = [loaded[kind].series for kind in kinds]
    write_report(directory, record, trials, summaries, claims)
    return Outcome(tuple(facts.values()), tuple(claims), tuple(remarks(facts, trials)))


def _pfifo_limit(record: Mapping[str, Any]) -> int:
    options = record["qdiscs"].get("pfifo", {}).get("leaf_options", {})
    return int(options.get("limit_packets", DEFAULT_LIMIT_PACKETS))
