# SPDX-License-Identifier: GPL-2.0-or-later
"""How many packets waited at the bottleneck, by class of traffic."""

import numpy as np

from hhf_testbed.analysis.passage import NEVER, Passage
from hhf_testbed.analysis.series import CLASSES, Ints, Queue

DROPS_WHAT_ARRIVES = ("bfifo", "pfifo", "pfifo_fast")


def drop_times(passage: Passage, kind: str) -> Ints:
    """Estimate when each packet that was not seen to leave was dropped; ``NEVER`` for all others.

    A capture does not show drops. A FIFO drops what arrives, at once. Others, as CoDel does, drop
    at the head: the packet is taken to go when the next one of its flow leaves. A packet that none
    of its flow followed out (none at all, in a FIFO) may still be inside, and is taken to be.
    """
    follower_ns = _next_departure(passage, in_one_line=kind in DROPS_WHAT_ARRIVES)
    when_ns = passage.arrive_ns if kind in DROPS_WHAT_ARRIVES else follower_ns
    dropped = (passage.leave_ns == NEVER) & (follower_ns != NEVER)
    return np.where(dropped, when_ns, NEVER)


def _next_departure(passage: Passage, *, in_one_line: bool) -> Ints:
    """Return for each packet when the next one behind it in its line left."""
    latest: dict[int, int] = {}
    following_ns = np.full(len(passage.flow), NEVER, np.int64)
    lines = [0] * len(passage.flow) if in_one_line else passage.flow.tolist()
    leave_ns = passage.leave_ns.tolist()
    for packet in range(len(lines) - 1, -1, -1):
        following_ns[packet] = latest.get(lines[packet], NEVER)
        if leave_ns[packet] != NEVER:
            latest[lines[packet]] = leave_ns[packet]
    return following_ns


def queue_by_class(passage: Passage, drop_ns: Ints, sample_ns: Ints) -> Queue:
    """Count what had come but neither left nor been dropped at each sample.

    Args:
        passage: all packets.
        drop_ns: when each was dropped, or ``NEVER``.
        sample_ns: CLOCK_REALTIME; what happens in the same nanosecond is counted.
    """
    gone_ns = np.where(passage.leave_ns != NEVER, passage.leave_ns, drop_ns)
    packets = {}
    for number, traffic in enumerate(CLASSES):
        mine = passage.traffic == number
        came = np.searchsorted(np.sort(passage.arrive_ns[mine]), sample_ns, side="right")
        gone = np.sort(gone_ns[mine & (gone_ns != NEVER)])
        packets[traffic] = came - np.searchsorted(gone, sample_ns, side="right")
    return Queue((sample_ns - passage.started_ns) / 1e9, packets)
