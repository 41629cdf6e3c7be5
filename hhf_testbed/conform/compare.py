# SPDX-License-Identifier: GPL-2.0-or-later
"""Judges a recording: does the model do all that the kernel did?"""

from dataclasses import dataclass, field

from hhf_testbed.conform.flow_hash import flow_hashes
from hhf_testbed.conform.recording import Departure, Recording
from hhf_testbed.conform.steps import Sample, Step
from hhf_testbed.conform.walk import Diverged, History, Walk
from hhf_testbed.model import CURRENT, Features


@dataclass(frozen=True)
class Verdict:
    """What came of one scenario.

    Attributes:
        difference: a sentence; empty if kernel and model agree.
        packets, departures, drops, samples, admissions: how much was compared.
        history: rows of time, step, kernel, model, if they were asked for.
    """

    difference: str
    packets: int
    departures: int
    drops: int
    samples: int
    admissions: int
    history: list[tuple[int, str, str, str]] = field(default_factory=list)


def compare(
    recording: Recording, hz: int, *, features: Features = CURRENT, history: bool = False
) -> Verdict:
    """Walk through a recording until its end or the first difference."""
    scenario = recording.scenario
    hashes = flow_hashes(scenario.flows, recording.key)
    kept = History() if history else None
    walk = Walk(scenario, hz, recording.start_ns, hashes, features, kept)
    difference, departures = "", 0
    steps = enumerate(scenario.steps)
    half: tuple[int, Step] | None = None
    try:
        for event in recording.events:
            if isinstance(event, Departure):
                departures += 1
                walk.depart(event.step, event.at_ns)
            else:
                number, step = half or next(steps)
                half = (number, step) if event.more else None
                walk.take(number, step, event)
    except Diverged as found:
        difference = str(found)
    hhf = walk.hhf
    samples = sum(isinstance(step, Sample) for step in scenario.steps)
    return Verdict(
        difference, scenario.packets, departures, hhf.drops, samples,
        hhf.xstats().hh_tot_count, kept.rows if kept else [],
    )  # fmt: skip
