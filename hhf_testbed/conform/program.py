# SPDX-License-Identifier: GPL-2.0-or-later
"""Turns scenarios into what the driver plays: an array of operations and the messages they send.

Each scenario gets a dummy interface of its own, removed at its end. A dummy swallows what is sent
to it; the packet socket sees each frame when the qdisc lets go of it.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from hhf_testbed.conform import netlink
from hhf_testbed.conform.scenario import Scenario
from hhf_testbed.conform.steps import Change, Enqueue, Link, Step
from hhf_testbed.tc.shaper import shaper

START, REQUEST, KEY, SEND = range(4)
OP: Final = struct.Struct("<QIIII")
FIRST_INDEX: Final = 100
SETUP: Final = {
    "htb": ("START", "add link", "add htb", "add class", "add hhf", "read key"),
    "tbf": ("START", "add link", "add tbf", "add hhf", "read key"),
}
"""What is done before the first step, by parent."""


@dataclass
class Program:
    """The two inputs of the driver, and where each scenario's operations begin."""

    ops: bytearray = field(default_factory=bytearray)
    requests: bytearray = field(default_factory=bytearray)
    first_op: list[int] = field(default_factory=list)

    def add(self, at_ns: int, kind: int, a: int = 0, b: int = 0, index: int = 0) -> None:
        """Append one operation."""
        self.ops += OP.pack(at_ns, kind, a, b, index)

    def ask(self, at_ns: int, message: bytes) -> None:
        """Append one netlink request."""
        self.add(at_ns, REQUEST, len(self.requests), len(message))
        self.requests += message


def compile_program(scenarios: Sequence[Scenario]) -> Program:
    """Return one program that plays the scenarios one after the other."""
    program = Program()
    for number, scenario in enumerate(scenarios):
        program.first_op.append(len(program.ops) // OP.size)
        index = FIRST_INDEX + number
        _set_up(program, scenario, index)
        for step in scenario.steps:
            _play(program, step, index)
        program.ask(0, netlink.delete_link(index))
    return program


def _set_up(program: Program, scenario: Scenario, index: int) -> None:
    program.add(scenario.start_ns, START)
    for message in (
        netlink.add_dummy(index, scenario.mtu_bytes),
        *_parent(scenario, index),
        netlink.set_hhf(index, scenario.hhf, add=True),
    ):
        program.ask(0, message)
    program.add(0, KEY)


def _parent(scenario: Scenario, index: int) -> list[bytes]:
    shape = shaper(scenario.rate_bps, scenario.frame_bytes)
    if scenario.parent == "tbf":
        return [netlink.add_tbf(index, shape)]
    return [netlink.add_htb(index), netlink.add_class(index, shape)]


def _play(program: Program, step: Step, index: int) -> None:
    if isinstance(step, Enqueue):
        program.add(step.at_ns, SEND, step.flow, step.len_bytes, index)
    elif isinstance(step, Change):
        program.ask(step.at_ns, netlink.set_hhf(index, step.params, add=False))
    elif isinstance(step, Link):
        program.ask(step.at_ns, netlink.set_link(index, step.up))
    else:
        program.ask(step.at_ns, netlink.get_qdisc(index, netlink.LEAF))
        program.ask(step.at_ns, netlink.get_qdisc(index, netlink.PARENT))
