# SPDX-License-Identifier: GPL-2.0-or-later
"""What an experiment does to a qdisc: a validated value that, with a seed, decides a run."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hhf_testbed.errors import RequestError

Protocol = Literal["tcp", "udp"]
CongestionControl = Literal["cubic", "reno", "bbr", "dctcp", "vegas", "westwood"]


class Scenario(BaseModel):
    """A dumbbell with bulk flows, short flows and an RTT probe, all through one bottleneck.

    First ``idle_s`` seconds with the probe alone, then ``load_s`` seconds with everything. What is
    reported about the load leaves out its first ``warmup_s`` seconds, in which TCP finds its rate.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    rate_bps: Annotated[int, Field(ge=1_000_000, le=100_000_000_000)] = 50_000_000
    rtt_ms: Annotated[float, Field(ge=0, le=1000)] = 10.0
    idle_s: Annotated[float, Field(ge=1, le=600)] = 4.0
    load_s: Annotated[float, Field(ge=5, le=3600)] = 22.0
    warmup_s: Annotated[float, Field(ge=0, le=600)] = 5.0

    bulk_senders: Annotated[int, Field(ge=1, le=200)] = 4
    bulk_protocol: Protocol = "tcp"
    bulk_congestion: CongestionControl = "cubic"
    bulk_udp_bps: Annotated[int, Field(ge=100_000, le=100_000_000_000)] = 20_000_000

    short_senders: Annotated[int, Field(ge=1, le=200)] = 1
    short_bytes: Annotated[int, Field(ge=1_000, le=100_000_000)] = 50_000
    short_per_s: Annotated[float, Field(ge=0, le=100)] = 2.5

    probe_interval_ms: Annotated[int, Field(ge=2, le=1000)] = 10
    sample_interval_ms: Annotated[int, Field(ge=1, le=10_000)] = 100
    offloads: bool = False

    @classmethod
    def of(cls, values: dict[str, object]) -> Self:
        """Make a scenario from plain values, such as those of a JSON record.

        Raises:
            RequestError: names each value that is not allowed, and what is.
        """
        try:
            scenario = cls.model_validate(values)
        except ValidationError as error:
            raise RequestError(_sentence(error)) from None
        if scenario.warmup_s >= scenario.load_s:
            raise RequestError(
                f"warmup_s is {scenario.warmup_s:g}; allowed is less than load_s, "
                f"which is {scenario.load_s:g}"
            )
        return scenario

    @property
    def duration_s(self) -> float:
        """Seconds of the guest's clock from the first probe to the end of the load."""
        return self.idle_s + self.load_s


def _sentence(error: ValidationError) -> str:
    parts = []
    for problem in error.errors():
        name = ".".join(str(part) for part in problem["loc"])
        rule = problem["msg"].removeprefix("Input should be ").removeprefix("Input ")
        if problem["type"] == "extra_forbidden":
            parts.append(f"{name} is no parameter; allowed: {', '.join(Scenario.model_fields)}")
        else:
            parts.append(f"{name} is {problem['input']!r}; allowed is {rule}")
    return "; ".join(parts)
