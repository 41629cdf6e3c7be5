# SPDX-License-Identifier: GPL-2.0-or-later
"""Claims that no person wrote: random scenarios in which the kernel must do what the model does.

They are there for the faults that nobody thought of. Each claim is one guest full of scenarios
(conform/generate.py), another for each seed. The comparison is exact: no false alarms.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from hhf_testbed.conform.compare import compare
from hhf_testbed.conform.generate import random_scenario
from hhf_testbed.conform.history import history_text
from hhf_testbed.conform.lab import GuestLost, Lab
from hhf_testbed.conform.recording import DriverFailed
from hhf_testbed.conform.scenario import Scenario
from hhf_testbed.model.features import Features
from hhf_testbed.regress.claim import Claim
from hhf_testbed.regress.outcome import Seen

AREA: Final = "conformance"
GUESTS: Final = 8
PER_GUEST: Final = 3
"""Scenarios; of every ten one has thousands of flows, of every four one has tbf above."""
WALL_S: Final = 12.0
"""Half a second on an idle host."""
HISTORY_LINES: Final = 60
END: Final = "the kernel's answer"
UNREADABLE: Final = (KeyError, IndexError, ValueError, struct.error, DriverFailed)
"""What stumbles over a kernel that refuses what it must take, or whose answers lack something."""


def _no_rig(_: object) -> None:
    raise NotImplementedError("this claim is tried by conformance.try_one")


@dataclass(frozen=True)
class Drawn:
    """One guest full of random scenarios, as a claim."""

    claim: Claim
    number: int


def drawn_claims() -> list[Drawn]:
    """Return the claims; what they play depends on the seed.

    ``hhf conform`` with the same seed plays the same scenarios.
    """
    text = f"In {PER_GUEST} random scenarios the kernel does what the model does."
    return [
        Drawn(Claim(AREA, f"random_scenarios_{n}", text, _no_rig, wall_s=WALL_S), n)
        for n in range(GUESTS)
    ]


def try_one(
    lab: Lab, drawn: Drawn, features: Features, seed: int, cpu: int | None, poll: Callable[[], None]
) -> Seen:
    """Play one guest full of scenarios.

    Raises:
        LabFailure: the lab failed otherwise than by the kernel's death.
    """
    played = list(_scenarios(seed, drawn.number, features))
    try:
        recordings = lab.play(played, seed=seed, cpu=cpu, poll=poll, wall_deadline_s=WALL_S)
    except GuestLost as lost:
        return Seen("refuted", END, "one", "the kernel died or hung", console=_lines(lost))
    except UNREADABLE as error:
        return Seen("refuted", END, "one that can be read", f"{type(error).__name__}: {error}")
    for recording in recordings:
        verdict = compare(recording, lab.kernel.hz, features=features, history=True)
        if verdict.difference:
            text = history_text(recording.scenario, verdict).splitlines()
            what = f"scenario {recording.scenario.name}"
            return Seen("refuted", what, "kernel and model agree", verdict.difference,
                        tuple(text[-HISTORY_LINES:]))  # fmt: skip
    return Seen("holds")


def _lines(error: Exception) -> tuple[str, ...]:
    return tuple(str(error).splitlines())


def _scenarios(seed: int, number: int, features: Features) -> Iterator[Scenario]:
    """Scenarios ``number`` * ``PER_GUEST`` and on; one with a fixed start must be the first."""
    for offset in range(PER_GUEST):
        scenario = random_scenario(seed, number * PER_GUEST + offset, features)
        if offset and scenario.start_ns:
            return
        yield scenario
