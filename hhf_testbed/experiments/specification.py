# SPDX-License-Identifier: GPL-2.0-or-later
"""What a run is: the value from which it can be repeated."""

from dataclasses import dataclass
from typing import Any, Self

from hhf_testbed.errors import RequestError
from hhf_testbed.guests.command import CLOCKS, SEED_MAX, Clock
from hhf_testbed.scenario import Scenario
from hhf_testbed.tc.qdisc import QdiscSpec


@dataclass(frozen=True)
class RunSpec:
    """One scenario, applied to several qdiscs on one kernel.

    Attributes:
        experiment: name of the experiment, such as "demo".
        scenario: what is done to each qdisc.
        qdiscs: label and qdisc of each trial, in the order of tables and figures.
        kernel: name of the kernel, such as "6.12".
        hz: ticks per second of that kernel.
        clock: virtual or real time.
        seed: of everything random, 0 to 2^64-1.

    Raises:
        RequestError: a value is out of its range.
    """

    experiment: str
    scenario: Scenario
    qdiscs: tuple[QdiscSpec, ...]
    kernel: str
    hz: int
    clock: Clock = "virtual"
    seed: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.seed <= SEED_MAX:
            raise RequestError(f"seed is {self.seed}; allowed is 0 to {SEED_MAX}")
        if self.clock not in CLOCKS:
            raise RequestError(f"clock is {self.clock!r}; allowed: {', '.join(CLOCKS)}")
        labels = [qdisc.kind for qdisc in self.qdiscs]
        if not labels:
            raise RequestError("a run needs at least one qdisc")
        if len(set(labels)) < len(labels):
            raise RequestError(f"a qdisc is given twice: {', '.join(labels)}; allowed is once each")

    def to_json(self) -> dict[str, Any]:
        """Plain types for ``record.json``."""
        return {
            "experiment": self.experiment,
            "scenario": self.scenario.model_dump(mode="json"),
            "qdiscs": [qdisc.to_json() for qdisc in self.qdiscs],
            "kernel": self.kernel,
            "hz": self.hz,
            "clock": self.clock,
            "seed": self.seed,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Read what ``to_json`` made. Raises RequestError if it is something else."""
        try:
            return cls(
                experiment=data["experiment"],
                scenario=Scenario.of(data["scenario"]),
                qdiscs=tuple(QdiscSpec.from_json(qdisc) for qdisc in data["qdiscs"]),
                kernel=data["kernel"],
                hz=data["hz"],
                clock=data["clock"],
                seed=data["seed"],
            )
        except (KeyError, TypeError) as error:
            raise RequestError(f"the record has no usable specification: {error}") from None
