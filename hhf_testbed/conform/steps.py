# SPDX-License-Identifier: GPL-2.0-or-later
"""The steps of a scenario, and their rows in its file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from hhf_testbed.errors import RequestError
from hhf_testbed.model.settings import NAMES
from hhf_testbed.params import U32_MAX

MIN_FRAME_BYTES: Final = 60
MAX_FRAME_BYTES: Final = 65_514
MAX_FLOW: Final = 65_535
MAX_AT_NS: Final = 10**15

COUNTS: Final = (
    "sent_packets",
    "sent_bytes",
    "qlen_packets",
    "backlog_bytes",
    "drops",
    "drop_overlimit",
    "hh_overlimit",
    "hh_tot_count",
    "hh_cur_count",
)
"""What a sample holds besides the seven parameters: counts of HHF itself ..."""

PARENT_COUNTS: Final = ("parent_qlen_packets", "parent_backlog_bytes", "parent_drops")
"""... and of the parent above it."""

SAMPLED: Final = (*COUNTS, *PARENT_COUNTS, *NAMES)


@dataclass(frozen=True, slots=True)
class Enqueue:
    """One frame of a flow arrives."""

    at_ns: int
    flow: int
    len_bytes: int

    def row(self) -> list[Any]:
        """Return the step as it is written in a file."""
        return ["enqueue", self.at_ns, self.flow, self.len_bytes]


@dataclass(frozen=True, slots=True)
class Change:
    """``tc qdisc change`` with some parameters. The kernel may refuse them; so must the model."""

    at_ns: int
    params: Mapping[str, int]

    def row(self) -> list[Any]:
        """Return the step as it is written in a file."""
        return ["change", self.at_ns, dict(self.params)]


@dataclass(frozen=True, slots=True)
class Link:
    """``ip link set down`` or ``up``."""

    at_ns: int
    up: bool

    def row(self) -> list[Any]:
        """Return the step as it is written in a file."""
        return ["link", self.at_ns, "up" if self.up else "down"]


@dataclass(frozen=True, slots=True)
class Sample:
    """Everything that can be read of qdisc and parent; ``expect`` names what it must be."""

    at_ns: int
    expect: Mapping[str, int] = field(default_factory=dict)

    def row(self) -> list[Any]:
        """Return the step as it is written in a file."""
        return ["sample", self.at_ns, *([dict(self.expect)] if self.expect else [])]


Step = Enqueue | Change | Link | Sample


def parse_step(row: object, number: int) -> list[Step]:
    """Read a row; an ``enqueue`` with a count gives many steps. Raises RequestError."""
    if not isinstance(row, list) or len(row) < 2:
        raise RequestError(f"step {number} is {row!r}; allowed is a row of a word, a time and more")
    at_ns = _whole(row[1], "the time in ns", number, 0, MAX_AT_NS)
    match row[0], row[2:]:
        case "enqueue", [flow, len_bytes, *rest] if len(rest) < 2:
            _whole(flow, "flow", number, 0, MAX_FLOW)
            _whole(len_bytes, "len_bytes", number, MIN_FRAME_BYTES, MAX_FRAME_BYTES)
            count = _whole(rest[0], "count", number, 1, 10**6) if rest else 1
            return [Enqueue(at_ns, flow, len_bytes)] * count
        case "change", [dict() as params]:
            return [Change(at_ns, _named(params, NAMES, number))]
        case "link", [("up" | "down") as state]:
            return [Link(at_ns, state == "up")]
        case "sample", []:
            return [Sample(at_ns)]
        case "sample", [dict() as expect]:
            return [Sample(at_ns, _named(expect, SAMPLED, number))]
    raise RequestError(
        f'step {number} is {row!r}; allowed are ["enqueue", ns, flow, bytes, count], '
        '["change", ns, {parameters}], ["link", ns, "up" or "down"], ["sample", ns, {expected}]'
    )


def _named(values: dict[str, object], allowed: tuple[str, ...], number: int) -> dict[str, int]:
    for name, value in values.items():
        if name not in allowed:
            raise RequestError(f"step {number}: no {name!r}; allowed are {', '.join(allowed)}")
        _whole(value, name, number, 0, 2**64 - 1 if name in COUNTS else U32_MAX)
    return {name: value for name, value in values.items() if isinstance(value, int)}


def _whole(value: object, name: str, number: int, least: int, most: int) -> int:
    if type(value) is not int or not least <= value <= most:
        raise RequestError(f"step {number}: {name} is {value!r}; allowed is {least} to {most}")
    return value
