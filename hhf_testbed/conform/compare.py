# SPDX-License-Identifier: GPL-2.0-or-later
"""Judges a recording: does the model do all that the kernel did?"""

from dataclasses import dataclass, field

from hhf_testbed.conform.flow_hash import flow_hashes
from hhf_testbed.conform.recording import Departure, Recording
from hhf_testbed.conform.steps import Sample, Step
from hhf_testbed.conform.walk import Diverged, History, Walk
from hhf_testbed.model import CURRENT, Features, LockupError


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
    """Walk through a recording until its end or the first difference.

    Where a step and a timer's run fell into the same microsecond, and the likely order makes a
    difference, the other order is tried: the kernel is right if it is right with one of them.
    """
    hashes = flow_hashes(recording.scenario.flows, recording.key)
    swapped: set[int] = set()
    while True:
        kept = History() if history else None
        scenario, start_ns = recording.scenario, recording.start_ns
        walk = Walk(scenario, hz, start_ns, hashes, features, kept, swapped)
        difference = _difference(recording, walk)
        if not difference or not walk.doubts or walk.doubts[-1] in swapped:
            return _verdict(recording, walk, difference)
        swapped.add(walk.doubts[-1])


def _difference(recording: Recording, walk: Walk) -> str:
    steps = enumerate(recording.scenario.steps)
    half: tuple[int, Step] | None = None
    try:
        for event in recording.events:
            if isinstance(event, Departure):
                walk.depart(event.step, event.at_ns)
            else:
                number, step = half or next(steps)
                half = (number, step) if event.more else None
                walk.take(number, step, event)
    except Diverged as found:
        return str(found)
    except LockupError as hang:
        return f"the model hangs where the kernel did not: {hang}"
    return ""


def _verdict(recording: Recording, walk: Walk, difference: str) -> Verdict:
    scenario, hhf = recording.scenario, walk.hhf
    return Verdict(
        difference,
        scenario.packets,
        walk.departures,
        hhf.drops,
        sum(isinstance(step, Sample) for step in scenario.steps),
        hhf.xstats().hh_tot_count,
        walk.history.rows if walk.history else [],
    )
