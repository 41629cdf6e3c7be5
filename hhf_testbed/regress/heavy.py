# SPDX-License-Identifier: GPL-2.0-or-later
"""Heavy flows for claims that are about something else, and how table T answers a packet."""

from typing import Final

from hhf_testbed.params import U32_MAX
from hhf_testbed.regress.expect import Refuted
from hhf_testbed.regress.queue import Queue

FOREVER_US: Final = 10**9
ALL_AT_ONCE: Final = {"quantum_bytes": 1 << 20, "non_hh_weight": 1}
"""A bucket may send 1 MiB at a turn, so what waits leaves as all light packets, then all heavy."""


def make_heavy(queue: Queue, *flows: int) -> None:
    """Have these flows captured, and no others from now on.

    The queue must be empty. Each flow is captured by a packet that is dropped, since the limit is 0
    meanwhile (hhf_classify comes before the check of the limit), so each counts as one drop.
    """
    limit = queue.counts(quiet=True).limit_packets
    must_change(queue, limit_packets=0, admit_bytes=0)
    for flow in flows:
        queue.send(flow, 60)
    must_change(queue, limit_packets=limit, admit_bytes=U32_MAX)


def must_change(queue: Queue, **params: int) -> None:
    """Do ``tc qdisc change``. Raises Refuted if the kernel does not take it."""
    if errno := queue.change(**params):
        raise Refuted(f"change {params}", "no error", f"errno {errno}")


def answer(queue: Queue, flow: int) -> str:
    """Send one packet of 60 bytes, and say what table T did with its flow.

    "captured": it got an entry (tot_hh rose). "refused": it should have got one, but there are
    hh_limit entries (hh_overlimit rose). "neither": it was known or, if admit_bytes is not 0,
    perhaps light.
    """
    before = queue.counts(quiet=True)
    queue.send(flow, 60)
    after = queue.counts()
    if after.hh_tot_count - before.hh_tot_count == 1:
        return "captured"
    return "refused" if after.hh_overlimit - before.hh_overlimit == 1 else "neither"
