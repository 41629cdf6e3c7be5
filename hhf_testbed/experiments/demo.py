# SPDX-License-Identifier: GPL-2.0-or-later
"""The demo: does hhf keep short flows fast beside bulk traffic?

Source: the principles at the head of net/sched/sch_hhf.c (Terry Lam, Nandita Dukkipati, 2013): what
is not a heavy hitter is kept apart from those that are, and gets the larger share.
Control: pfifo, where every packet waits behind all others. Beside it fq_codel, the usual default.
Claims, bounds and what would refute them: ``analysis/claims.py``.
"""

from collections.abc import Sequence

from hhf_testbed.experiments.specification import RunSpec
from hhf_testbed.guests.command import Clock
from hhf_testbed.scenario import Scenario
from hhf_testbed.tc.qdisc import parse_qdisc

QDISCS = ("pfifo", "fq_codel", "hhf")


def demo(
    *,
    scenario: Scenario,
    qdiscs: Sequence[str],
    kernel: str,
    hz: int,
    clock: Clock,
    seed: int,
) -> RunSpec:
    """Return the specification of a demo; ``qdiscs`` are texts such as "hhf limit=500"."""
    return RunSpec(
        "demo", scenario, tuple(parse_qdisc(text) for text in qdiscs), kernel, hz, clock, seed
    )
