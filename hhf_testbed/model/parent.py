# SPDX-License-Identifier: GPL-2.0-or-later
"""What a parent such as tbf believes about its HHF child: packets, bytes and drops.

A parent counts for itself what it hands down and takes out. What the child drops in between it
learns in two ways only: the answer NET_XMIT_CN, and ``qdisc_tree_reduce_backlog``. Comparing its
belief with the child's truth finds accounting bugs, one of which every kernel so far has:

    HHF holds packets of 60 and 60 bytes, its limit is 2, and 1000 bytes arrive for the same
    bucket. HHF drops a packet of 60 and answers CN. It now holds 1060 bytes; the parent, which on
    CN counts neither the packet that came nor the one that went, still believes in 120.

Mirrors ``tbf_enqueue``, ``tbf_dequeue`` (net/sched/sch_tbf.c) and ``qdisc_tree_reduce_backlog``
(net/sched/sch_api.c), Linux 6.12.117.
"""

from hhf_testbed.model.jiffies import U32_MAX
from hhf_testbed.model.outcome import NET_XMIT_SUCCESS, Outcome
from hhf_testbed.model.packet import Packet


class Parent:
    """The parent's own counts, all of 32 bits, so that a count below zero shows as 4 billion.

    The child calls ``reduce_backlog``; whoever plays the parent calls ``handed_down`` after each
    ``Hhf.enqueue`` and ``took_out`` after each packet got from ``Hhf.dequeue_peeked``.
    """

    __slots__ = ("backlog_bytes", "drops", "qlen_packets")

    def __init__(self) -> None:
        self.qlen_packets = 0
        self.backlog_bytes = 0
        self.drops = 0

    def handed_down(self, packet: Packet, outcome: Outcome) -> None:
        """Count a packet given to the child (``tbf_enqueue``)."""
        if outcome.code == NET_XMIT_SUCCESS:
            self._count(1, packet.len_bytes)
        else:
            self.drops = (self.drops + 1) & U32_MAX

    def took_out(self, packet: Packet) -> None:
        """Count a packet got from the child (``tbf_dequeue``)."""
        self._count(-1, -packet.len_bytes)

    def reduce_backlog(self, packets: int, len_bytes: int) -> None:
        """Hear from the child that packets are gone (``qdisc_tree_reduce_backlog``)."""
        self._count(-packets, -len_bytes)
        self.drops = (self.drops + packets) & U32_MAX

    def _count(self, packets: int, len_bytes: int) -> None:
        self.qlen_packets = (self.qlen_packets + packets) & U32_MAX
        self.backlog_bytes = (self.backlog_bytes + len_bytes) & U32_MAX
