# SPDX-License-Identifier: GPL-2.0-or-later
"""``hhf conform``: the kernel against the model, packet for packet."""

import json
import re
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import click

from hhf_testbed import paths
from hhf_testbed.cli.options import EXISTING_FILE, get_kernel, kernel_options
from hhf_testbed.conform.campaign import Campaign, Judged, Tally, tally
from hhf_testbed.conform.generate import scenarios
from hhf_testbed.conform.history import history_text
from hhf_testbed.conform.lab import Lab
from hhf_testbed.conform.scenario import Scenario, read_scenario
from hhf_testbed.conform.shrink import shrink
from hhf_testbed.errors import LabFailure
from hhf_testbed.progress import Reporter, reporter
from hhf_testbed.recognise import Recognised, recognise

MAX_SHRUNK: Final = 3
MAX_SEED: Final = 2**32 - 1


@click.command()
@kernel_options
@click.option(
    "--packets", type=click.IntRange(1, 10**9), default=100_000, show_default=True,
    help="How many at least, in random scenarios.",
)  # fmt: skip
@click.option(
    "--seed", type=click.IntRange(0, MAX_SEED), default=1, show_default=True,
    help="Of the scenarios, and of everything random in the guests.",
)  # fmt: skip
@click.option(
    "--scenario", "files", type=EXISTING_FILE, multiple=True, help="Play this file; repeat it."
)
@click.option(
    "--source", type=EXISTING_FILE, help="A changed sch_hhf.c, to be tested in place of its own."
)
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path),
    help="Where scenarios that diverge are kept; default: conform in the directory of runs.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="For programs: one JSON object.")
def conform(
    kernel_name: str | None,
    hz: int,
    packets: int,
    seed: int,
    files: tuple[Path, ...],
    source: Path | None,
    out: Path | None,
    as_json: bool,
) -> int:
    """Compare the kernel's HHF with the model, packet for packet.

    Random scenarios run on the real kernel, in virtual time. The model must name every packet
    that leaves, and agree with every drop, count, answer and parameter. Which features the model
    shall have is probed first, in the kernel itself (hhf model probe). A scenario that diverges
    is made as small as possible, shown and kept; --scenario plays it again.

    Exit status: 0 all agree, 1 something diverged, 2 the lab failed.
    """
    given = [read_scenario(file) for file in files]
    talk = reporter()
    started = time.monotonic()
    lab = Lab.of(get_kernel(kernel_name, hz, talk), source)
    with talk.step("Probing the kernel's features"):
        known = recognise(lab)
    if not as_json:
        click.echo(f"profile of Linux {lab.kernel.release}, HZ {hz}: {known.words()}")
    campaign = Campaign(lab, seed, known.features)
    if given:
        total = tally(_shown(campaign.judge(given, history=True), quiet=as_json))
    else:
        total = _random(campaign, scenarios(seed, packets, known.features), packets, talk)
    if not total.scenarios:
        raise LabFailure("no scenario was played, so nothing was compared")
    kept = [] if given else _keep(campaign, total, out or paths.runs_dir() / "conform", talk)
    asked = {"kernel": lab.kernel.release, "hz": hz, "seed": seed}
    facts = {**asked, **_profile(known), **_facts(total)}
    if as_json:
        click.echo(json.dumps({**facts, "kept": [str(path) for path in kept]}, indent=1))
    else:
        click.echo(_summary(facts, time.monotonic() - started))
    return 1 if total.diverged else 0


def _random(campaign: Campaign, chosen: Iterable[Scenario], packets: int, talk: Reporter) -> Tally:
    title = "Comparing the kernel with the model"
    with talk.step(title, total=packets, unit="packets") as step:
        return tally(campaign.judge(chosen), lambda now: step.at(now.packets))


def _shown(judged: Iterable[Judged], *, quiet: bool) -> Iterable[Judged]:
    """Print the history of each scenario as it comes."""
    for scenario, verdict in judged:
        if not quiet:
            click.echo(history_text(scenario, verdict))
        yield scenario, verdict


def _keep(campaign: Campaign, total: Tally, out: Path, talk: Reporter) -> list[Path]:
    """Shrink the smallest of the scenarios that diverged, show them, and write them to files."""
    kept = []
    for scenario, verdict in sorted(total.diverged, key=lambda pair: pair[0].packets)[:MAX_SHRUNK]:
        talk.say(f"{scenario.name} diverged: {verdict.difference}")
        with talk.step(f"Shrinking its {len(scenario.steps)} steps"):
            small = shrink(scenario, campaign.diverges)
        text = "".join(history_text(*pair) for pair in campaign.judge([small], history=True))
        talk.say(text)
        kept.append(_write(out, small, text))
        talk.say(f"kept; this plays it again: hhf conform --scenario {kept[-1]}")
    return kept


def _write(out: Path, scenario: Scenario, text: str) -> Path:
    path = out / (re.sub(r"\W+", "-", scenario.name) + ".json")
    try:
        out.mkdir(parents=True, exist_ok=True)
        path.write_text(scenario.to_json())
        path.with_suffix(".txt").write_text(text)
    except OSError as error:
        raise LabFailure(f"cannot write {path}: {error.strerror}") from error
    return path


def _profile(known: Recognised) -> dict[str, Any]:
    return {"profile": known.words(), "features": vars(known.features)}


def _facts(total: Tally) -> dict[str, Any]:
    names = ("scenarios", "packets", "departures", "drops", "samples", "admissions")
    diverged = [
        {"scenario": scenario.name, "difference": verdict.difference}
        for scenario, verdict in sorted(total.diverged, key=lambda pair: pair[0].name)
    ]
    return {**{name: getattr(total, name) for name in names}, "diverged": diverged}


def _summary(facts: dict[str, Any], seconds: float) -> str:
    agree = facts["scenarios"] - len(facts["diverged"])
    return (
        f"{agree} of {facts['scenarios']} scenarios agree on Linux {facts['kernel']} with HZ "
        f"{facts['hz']}: {facts['packets']} packets, {facts['departures']} departures, "
        f"{facts['drops']} drops, {facts['admissions']} heavy hitters, {facts['samples']} samples "
        f"of all counts; {seconds:.0f} s"
    )
