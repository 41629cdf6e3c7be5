# SPDX-License-Identifier: GPL-2.0-or-later
"""What the kernel did in one scenario, as the driver wrote it down."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from hhf_testbed.conform.netlink import read_hhf, read_parent
from hhf_testbed.conform.program import SETUP, Program
from hhf_testbed.conform.scenario import Scenario
from hhf_testbed.conform.steps import Sample
from hhf_testbed.errors import LabFailure

STARTED, DONE, DEPART, LOST, TIME = range(5)
RECORD: Final = np.dtype([("ns", "<u8"), ("kind", "<u4"), ("value", "<u4")])


class DriverFailed(LabFailure):
    """The driver could not play a scenario, such as when the kernel refuses to add hhf."""


@dataclass(frozen=True)
class Departure:
    """A frame left: the number of the step that sent it, and nanoseconds since the start."""

    step: int
    at_ns: int


@dataclass(frozen=True)
class Done:
    """A step was carried out: nanoseconds since the start, errno, and what a sample read.

    HHF and its parent are read one after the other: ``more`` says that the second half is to come,
    and a packet may leave between them. The time is at most some 20 us old, and no step is so near
    to the end of its jiffy (driver/clock.c).
    """

    at_ns: int
    errno: int
    values: dict[str, int] | None = None
    more: bool = False


Event = Departure | Done


@dataclass(frozen=True)
class Recording:
    """One scenario on the kernel.

    Attributes:
        scenario: what was played.
        start_ns: when its qdisc was made, since boot.
        key: the secret with which it hashed flows.
        events: in the kernel's order; there is one ``Done`` for each step.
    """

    scenario: Scenario
    start_ns: int
    key: bytes
    events: Sequence[Event]


def read_recordings(
    scenarios: Sequence[Scenario], program: Program, log: Path, replies: Path
) -> Iterator[Recording]:
    """Read what the driver wrote. Raises LabFailure if the lab, and not HHF, was at fault."""
    records = np.fromfile(log, RECORD)
    if not len(records) or records["kind"][-1] != LOST:
        raise LabFailure("the driver did not write its log to the end")
    if records["value"][-1]:
        raise LabFailure(
            f"the packet ring was too small: {records['value'][-1]} frames are missing"
        )
    starts = np.flatnonzero(records["kind"] == STARTED)
    ends = [*starts[1:], len(records) - 1]
    data = replies.read_bytes()
    for scenario, first_op, start, end in zip(
        scenarios, program.first_op, starts, ends, strict=True
    ):
        yield _Reader(scenario, first_op, records[start:end].tolist(), data).recording()


class _Reader:
    def __init__(
        self, scenario: Scenario, first_op: int, records: list[Any], replies: bytes
    ) -> None:
        self._scenario, self._records, self._replies = scenario, records, replies
        self._start_ns: int = records[0][0]
        self._setup = SETUP[scenario.parent]
        self._step_of = {op: step for step, op in enumerate(_ops(scenario, first_op))}
        done = [(ns, value) for ns, kind, value in records if kind == DONE]
        self._offsets = [ns for ns, _ in done] + [len(replies)]
        for what, (_, errno) in zip(self._setup[1:], done, strict=False):
            if errno:
                raise DriverFailed(
                    f"{scenario.name}: the kernel refused '{what}' with errno {errno}"
                )

    def recording(self) -> Recording:
        key_line = self._reply(len(self._setup) - 2).split()
        if len(key_line) != 2:
            raise DriverFailed(f"{self._scenario.name}: hhf_key shows {key_line}, not one qdisc")
        key = bytes.fromhex(key_line[1].decode())
        return Recording(self._scenario, self._start_ns, key, list(self._events()))

    def _reply(self, done: int) -> bytes:
        return self._replies[self._offsets[done] : self._offsets[done + 1]]

    def _events(self) -> Iterator[Event]:
        seen, steps, half = 0, iter(self._scenario.steps), False
        step, now_ns = None, 0
        for ns, kind, value in self._records:
            if kind == DEPART:
                yield Departure(self._step_of[value], ns - self._start_ns)
            elif kind == TIME:
                now_ns = ns - self._start_ns
            elif kind == DONE:
                seen += 1
                if seen < len(self._setup):
                    continue
                step = step if half else next(steps, None)
                if step is None:
                    return
                if not isinstance(step, Sample):
                    yield Done(now_ns, value)
                elif not half:
                    yield Done(now_ns, value, read_hhf(self._reply(seen - 1)), more=True)
                    half = True
                else:
                    yield Done(now_ns, value, read_parent(self._reply(seen - 1)))
                    half = False


def _ops(scenario: Scenario, first_op: int) -> Iterator[int]:
    """Yield the number of the operation of each step; a sample takes two."""
    op = first_op + len(SETUP[scenario.parent])
    for step in scenario.steps:
        yield op
        op += 2 if isinstance(step, Sample) else 1
