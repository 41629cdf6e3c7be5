# SPDX-License-Identifier: GPL-2.0-or-later
"""Medians over the rounds, with their spread, and the ratio of the model to the kernel."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Self

from hhf_testbed.cost.measured import Measured
from hhf_testbed.cost.rounds import KERNEL, Round
from hhf_testbed.errors import LabFailure

NS_PER_S = 10**9


@dataclass(frozen=True)
class Spread:
    """The median, the least and the most of some values."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Self:
        """Summarise at least one value."""
        known = list(values)
        return cls(median(known), min(known), max(known))


@dataclass(frozen=True)
class Line:
    """One subject in one mix.

    Attributes:
        subject: ``model, plain`` and so on.
        cpu_ns, wall_ns: per packet, see ``Measured``.
        times_kernel: how many times the kernel's ``cpu_ns`` of the same round; None without it.
        phases_ns: medians.
    """

    subject: str
    cpu_ns: Spread
    wall_ns: Spread
    times_kernel: Spread | None
    phases_ns: dict[str, float]

    @property
    def packets_per_s(self) -> float:
        """How many packets one core takes in a second of its time."""
        return NS_PER_S / self.cpu_ns.median


Summary = dict[str, list[Line]]
"""By mix."""


def summarise(rounds: Sequence[Round]) -> Summary:
    """Return the lines of each mix. Raises LabFailure if there is no round."""
    if not rounds:
        raise LabFailure("nothing was measured: there was no round")
    mixes = next(iter(rounds[0].values()))
    return {mix: [_line(name, mix, rounds) for name in rounds[0]] for mix in mixes}


def _line(subject: str, mix: str, rounds: Sequence[Round]) -> Line:
    found = [each[subject][mix] for each in rounds]
    return Line(
        subject,
        Spread.of(one.cpu_ns for one in found),
        Spread.of(one.wall_ns for one in found),
        _times_kernel(subject, mix, rounds),
        _phases(found),
    )


def _times_kernel(subject: str, mix: str, rounds: Sequence[Round]) -> Spread | None:
    if KERNEL not in rounds[0]:
        return None
    return Spread.of(each[subject][mix].cpu_ns / each[KERNEL][mix].cpu_ns for each in rounds)


def _phases(found: Sequence[Measured]) -> dict[str, float]:
    names = found[0].phases_ns
    return {name: median(one.phases_ns[name] for one in found) for name in names}
