# SPDX-License-Identifier: GPL-2.0-or-later
"""The model in the kernel's place: plays a scenario below a computed parent, and records it.

Comparing such a recording checks a scenario's expectations without any kernel; and a model with
other features, or with a fault, plays a kernel that differs. Missing are the clock readings of
256 ns each.
"""

from collections.abc import Iterator
from typing import Final

from hhf_testbed.conform.flow_hash import flow_hashes
from hhf_testbed.conform.recording import Departure, Done, Event, Recording
from hhf_testbed.conform.scenario import Scenario
from hhf_testbed.conform.steps import Sample
from hhf_testbed.conform.walk import Walk
from hhf_testbed.model import CURRENT, Features

NO_KEY: Final = bytes(16)
START_NS: Final = 1_000_500_000
"""Where the driver starts the first scenario of a guest, too."""


def predict(
    scenario: Scenario, hz: int, *, key: bytes = NO_KEY, features: Features = CURRENT
) -> Recording:
    """Return what the modelled kernel would do."""
    begin_ns = scenario.start_ns or START_NS
    walk = Walk(scenario, hz, begin_ns, flow_hashes(scenario.flows, key), features)
    return Recording(scenario, begin_ns, key, list(_events(scenario, walk)))


def _events(scenario: Scenario, walk: Walk) -> Iterator[Event]:
    for number, step in enumerate(scenario.steps):
        at_ns = step.at_ns
        yield from _serve(walk, at_ns - 1)
        errno = walk.apply(number, step, at_ns)
        yield Done(at_ns, errno, walk.values() if isinstance(step, Sample) else None)
        yield from _serve(walk, at_ns, at_ns)


def _serve(walk: Walk, until_ns: int, now_ns: int = 0) -> Iterator[Event]:
    """Send what may leave until then, and not before ``now_ns``."""
    parent = walk.parent
    while (due_ns := parent.due_ns) is not None and due_ns <= until_ns:
        at_ns = max(due_ns, now_ns)
        parent.wake(at_ns)
        if parent.due_ns != due_ns:
            continue
        packet = parent.take(at_ns)
        if packet is None:
            return
        yield Departure(packet.key, at_ns)
