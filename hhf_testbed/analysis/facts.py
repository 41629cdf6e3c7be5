# SPDX-License-Identifier: GPL-2.0-or-later
"""The numbers of one trial that are judged and shown, read from its stored summary."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from hhf_testbed.errors import LabFailure

QUANTILES: Final = (50, 95, 99)
FRAME_BYTES: Final = 1514
"""An Ethernet frame with a payload of 1500 bytes, as the qdisc counts it."""


def service_ms(rate_bps: int) -> float:
    """Time that a full frame occupies the bottleneck, in ms: the grain of any queueing delay.

    A packet that is being sent is finished first, so one service time is what any qdisc may add.
    """
    return FRAME_BYTES * 8 / rate_bps * 1000


@dataclass(frozen=True)
class Spread:
    """Percentiles of times in ms, and of how many; None where there are too few samples.

    Attributes:
        refused: why a percentile is None, by its number.
    """

    count: int
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    refused: tuple[tuple[int, str], ...] = ()

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Read what ``statistics.percentiles`` gives."""
        refused = values.get("refused", {})
        return cls(
            values["count"],
            p50=values.get("p50_ms"),
            p95=values.get("p95_ms"),
            p99=values.get("p99_ms"),
            refused=tuple((p, refused[f"p{p}_ms"]) for p in QUANTILES if f"p{p}_ms" in refused),
        )

    def at(self, percent: int) -> float | None:
        """The percentile 50, 95 or 99."""
        return {50: self.p50, 95: self.p95, 99: self.p99}[percent]

    def doubt(self, percent: int, what: str) -> list[str]:
        """Why this percentile of ``what`` is unknown, as one sentence; nothing if it is known."""
        if self.at(percent) is not None:
            return []
        reason = dict(self.refused).get(percent, f"there are {self.count} samples")
        return [f"{what}: p{percent} {reason}"]


@dataclass(frozen=True)
class Model:
    """What the reference model said, as ``series.Prediction`` has it.

    Attributes:
        load: predicted RTT of the probes in the window.
        error_alone: size of the error of each packet's time in the queue, if the shaper is
            computed, too.
    """

    same_packet: float
    same_drops: bool
    first_difference: str
    load: Spread
    error_alone: Spread | None = None
    hash_sharing_bound: float | None = None

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Read the part "model" of a summary."""
        alone = values.get("error_alone")
        return cls(
            same_packet=values["same_packet_share"],
            same_drops=values["same_drops"],
            first_difference=values["first_difference"],
            load=Spread.of(values["rtt_load"]),
            error_alone=None if alone is None else Spread.of(alone),
            hash_sharing_bound=values.get("hash_sharing_bound"),
        )


@dataclass(frozen=True)
class Facts:
    """One trial: RTT idle and under load, completion of short flows, throughput and losses.

    Attributes:
        started, fct: how many short flows there were, and the times of those that finished.
        fairness: Jain's index over the bulk flows, 1 if all got the same.
        problems: why the trial is not valid, one sentence each.
    """

    qdisc: str
    rate_bps: int
    idle: Spread
    load: Spread
    fct: Spread
    started: int
    bulk_bps: float
    fairness: float | None
    utilisation: float
    drops: int
    problems: tuple[str, ...] = ()
    model: Model | None = None

    @classmethod
    def of(cls, summary: Mapping[str, Any], problems: Sequence[str] = ()) -> Self:
        """Read a summary of ``summary.summarise``, and what ``measure.validity`` found.

        Raises:
            LabFailure: the summary lacks a figure.
        """
        try:
            return cls(
                qdisc=summary["qdisc"],
                rate_bps=summary["rate_bps"],
                idle=Spread.of(summary["rtt_idle"]),
                load=Spread.of(summary["rtt_load"]),
                fct=Spread.of(summary["fct"]),
                started=summary["fct"]["started"],
                bulk_bps=summary["bulk_bps"],
                fairness=summary["bulk_fairness_jain"],
                utilisation=summary["utilisation"],
                drops=summary["drops_packets"],
                problems=(*summary.get("problems", ()), *problems),
                model=Model.of(summary["model"]) if summary["model"] else None,
            )
        except KeyError as error:
            raise LabFailure(f"the summary of a trial has no {error}") from None

    def named_problems(self) -> list[str]:
        """The problems, each with the name of the qdisc."""
        return [f"{self.qdisc}: {problem}" for problem in self.problems]

    def doubt(self, what: str, percent: int) -> list[str]:
        """Why a percentile of "idle", "load" or "fct" is unknown; nothing if it is known."""
        spread, words = {
            "idle": (self.idle, "idle RTT"),
            "load": (self.load, "RTT under load"),
            "fct": (self.fct, "flow completion time"),
        }[what]
        lost = self.started - self.fct.count if what == "fct" else 0
        if lost:
            return [f"{self.qdisc}: {lost} of {self.started} short flows did not finish"]
        return spread.doubt(percent, f"{self.qdisc}: {words}")

    def model_error_ms(self, percent: int) -> float | None:
        """Predicted less measured RTT at a percentile."""
        measured = self.load.at(percent)
        predicted = self.model.load.at(percent) if self.model else None
        return None if measured is None or predicted is None else predicted - measured
