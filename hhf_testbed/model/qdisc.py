# SPDX-License-Identifier: GPL-2.0-or-later
"""The whole qdisc: enqueue, dequeue, peek, change, reset, dump and statistics.

Mirrors net/sched/sch_hhf.c, ``qdisc_peek_dequeued``, ``qdisc_dequeue_peeked`` and
``qdisc_dequeue_internal`` (include/net/sch_generic.h), Linux 6.12.117 and, by ``Features``, others.
"""

from dataclasses import dataclass

from hhf_testbed.errors import RequestError
from hhf_testbed.model.classifier import Classifier
from hhf_testbed.model.features import CURRENT, Features
from hhf_testbed.model.jiffies import SIGN_BIT, U32_MAX, require_stamp
from hhf_testbed.model.outcome import NET_XMIT_CN, NET_XMIT_SUCCESS, Outcome
from hhf_testbed.model.packet import Packet
from hhf_testbed.model.parent import Parent
from hhf_testbed.model.refusal import EINVAL, LockupError, RefusedError
from hhf_testbed.model.settings import Settings
from hhf_testbed.model.wdrr import Wdrr
from hhf_testbed.params import HhfParams


@dataclass(frozen=True)
class Xstats:
    """The counts special to HHF (``struct tc_hhf_xstats``), in the kernel's order."""

    drop_overlimit: int
    hh_overlimit: int
    hh_tot_count: int
    hh_cur_count: int


class Hhf:
    """One HHF qdisc, with a parent that it reports to.

    Args:
        params: as given to ``tc qdisc add``; see ``initial_params`` for a device's defaults.
        hz: ticks per second of the kernel.
        now_jiffies: the clock when the qdisc is made, 32 bits.
        features: which kernel this is.

    Attributes:
        qlen_packets, backlog_bytes: in the queue, a packet that the parent peeked at included.
        sent_packets, sent_bytes: left by dequeue, by a peek, by trimming or by a reset.
        drops, drop_overlimit: dropped to keep the limit. (A kernel's ``drops`` may count more:
            packets that never reached the qdisc.)
        parent: what a parent would believe. If HHF is the root, nobody listens to it.

    Raises:
        RefusedError: the kernel would refuse these parameters.
    """

    __slots__ = (
        "_hung",
        "backlog_bytes",
        "classifier",
        "drop_overlimit",
        "drops",
        "features",
        "now_jiffies",
        "parent",
        "peeked",
        "qlen_packets",
        "sent_bytes",
        "sent_packets",
        "settings",
        "wdrr",
    )

    def __init__(
        self,
        params: HhfParams,
        *,
        hz: int = 250,
        now_jiffies: int = 0,
        features: Features = CURRENT,
    ) -> None:
        self.features = features
        self.settings = Settings(params, hz, features)
        self.classifier = Classifier(self.settings, now_jiffies)
        self.wdrr = Wdrr(self.settings)
        self.parent = Parent()
        self.peeked: Packet | None = None
        self.now_jiffies = require_stamp(now_jiffies)
        self.qlen_packets = 0
        self.backlog_bytes = 0
        self.sent_packets = 0
        self.sent_bytes = 0
        self.drops = 0
        self.drop_overlimit = 0
        self._hung = ""

    def enqueue(self, packet: Packet, now_jiffies: int) -> Outcome:
        """Classify and queue a packet, and drop one if the queue gets too long (``hhf_enqueue``).

        Raises:
            RequestError: the clock runs backwards or is not of 32 bits.
        """
        self._advance(now_jiffies)
        outcome = self.classifier.classify(packet, now_jiffies)
        self.wdrr.add(packet, outcome.bucket)
        self.backlog_bytes = (self.backlog_bytes + packet.len_bytes) & U32_MAX
        self.qlen_packets += 1
        limit_packets = self.settings.limit_packets
        if self.qlen_packets < limit_packets:
            return outcome
        if self.qlen_packets == limit_packets and self.features.limit_inclusive:
            return outcome
        return self._drop_one(packet, outcome)

    def _drop_one(self, packet: Packet, outcome: Outcome) -> Outcome:
        """Drop the oldest heavy packet, or the oldest light one if there is no heavy one.

        The caller hears of it only if the loss is in its own bucket; else the parent does. That
        the parent gets a wrong byte count out of the first case is a bug: see ``Parent``.
        """
        self.drop_overlimit = (self.drop_overlimit + 1) & U32_MAX
        self.drops = (self.drops + 1) & U32_MAX
        bucket = self.wdrr.victim()
        dropped = bucket.packets.popleft()
        self._leave(dropped)
        if bucket.index != outcome.bucket:
            self._tell_parent(1, dropped.len_bytes)
            return Outcome(NET_XMIT_SUCCESS, dropped, outcome.bucket, outcome.admitted)
        if self.features.parent_told_on_cn:
            self._tell_parent(0, dropped.len_bytes - packet.len_bytes)
        return Outcome(NET_XMIT_CN, dropped, outcome.bucket, outcome.admitted)

    def dequeue(self) -> Packet | None:
        """Remove and return the packet to send next (``hhf_dequeue``)."""
        self._require_alive()
        packet = self.wdrr.take()
        if packet is not None:
            self._leave(packet)
            self.sent_packets += packet.segments
            self.sent_bytes += packet.len_bytes
        return packet

    def peek(self) -> Packet | None:
        """Show the parent the packet to send next, and keep it aside (``qdisc_peek_dequeued``).

        The packet is in no bucket any more and counts as sent, but still is part of the queue.
        """
        if self.peeked is None:
            self.peeked = self.dequeue()
            if self.peeked is not None:
                self.qlen_packets += 1
                if self.features.peeked_bytes_counted:
                    self.backlog_bytes = (self.backlog_bytes + self.peeked.len_bytes) & U32_MAX
        return self.peeked

    def dequeue_peeked(self) -> Packet | None:
        """Give the parent the packet that it peeked at, else the next (``qdisc_dequeue_peeked``).

        This is how every parent that uses ``peek`` (tbf, htb, hfsc, ...) takes packets.
        """
        if self.peeked is None:
            return self.dequeue()
        return self._release(self.peeked, self.features.peeked_bytes_counted)

    def change(self, **changes: int) -> list[Packet]:
        """Change parameters, named as in ``HhfParams``, and trim the queue (``hhf_change``).

        Returns:
            The packets trimmed, in the order of dequeue: light ones come first there.

        Raises:
            RequestError: a parameter that does not exist, or not a whole number of 32 bits.
            RefusedError: the kernel answers with this errno.
            LockupError: the kernel never answers.
        """
        self._require_alive()
        try:
            self.settings.change(changes)
        except RefusedError as refusal:
            if refusal.errno == EINVAL and not self.features.checked_before_lock:
                self._hung = "a refused change left the qdisc lock held"
            raise
        return self._trim()

    def _trim(self) -> list[Packet]:
        """Remove packets until the limit is kept, and tell the parent. They count as sent."""
        packets_before, bytes_before = self.qlen_packets, self.backlog_bytes
        trimmed: list[Packet] = []
        while self.qlen_packets > self.settings.limit_packets:
            packet = self._take_internal()
            if packet is None:
                self._hung = "hhf_change waits for ever for the packet that the parent peeked at"
                raise LockupError(self._hung)
            trimmed.append(packet)
        gone_bytes = (bytes_before - self.backlog_bytes) & U32_MAX
        self._tell_parent(packets_before - self.qlen_packets, gone_bytes)
        return trimmed

    def _take_internal(self) -> Packet | None:
        """Take the peeked packet, else the next (``qdisc_dequeue_internal``)."""
        if self.peeked is None or not self.features.peeked_trimmed:
            return self.dequeue()
        return self._release(self.peeked, self.features.peeked_trim_counted)

    def _release(self, packet: Packet, bytes_counted: bool) -> Packet:
        """Take the peeked packet out of the counts, and its bytes if this kernel does that."""
        self.peeked = None
        self.qlen_packets -= 1
        if bytes_counted:
            self.backlog_bytes = (self.backlog_bytes - packet.len_bytes) & U32_MAX
        return packet

    def reset(self, now_jiffies: int) -> list[Packet]:
        """Throw all packets away, as when the link goes down (``qdisc_reset``, ``hhf_reset``).

        Returns:
            The packets thrown away. They count as sent, none as dropped.
        """
        self._advance(now_jiffies)
        packets = [] if self.peeked is None else [self.peeked]
        while (packet := self.dequeue()) is not None:
            packets.append(packet)
        if self.features.reset_forgets_flows:
            self.classifier.reset(now_jiffies)
        self.peeked = None
        self.qlen_packets = 0
        self.backlog_bytes = 0
        return packets

    def dump(self) -> dict[str, int]:
        """Return the parameters by name, as ``tc qdisc show`` gets them (``hhf_dump``)."""
        return self.settings.dump()

    def xstats(self) -> Xstats:
        """Return HHF's own counts (``hhf_dump_stats``)."""
        table = self.classifier.table
        return Xstats(self.drop_overlimit, table.overlimit, table.total_flows, table.current_flows)

    def bucket_lengths(self) -> tuple[int, int]:
        """Return the packets in the heavy and in the other bucket; a peeked one is in neither."""
        return len(self.wdrr.heavy.packets), len(self.wdrr.light.packets)

    def _leave(self, packet: Packet) -> None:
        self.qlen_packets -= 1
        self.backlog_bytes = (self.backlog_bytes - packet.len_bytes) & U32_MAX

    def _tell_parent(self, packets: int, len_bytes: int) -> None:
        """Report packets gone from inside (``qdisc_tree_reduce_backlog``)."""
        self.parent.reduce_backlog(packets, len_bytes if self.features.parent_told_bytes else 0)

    def _advance(self, now_jiffies: int) -> None:
        """Move the clock; it may stand still and may wrap, but not go back."""
        self._require_alive()
        if (require_stamp(now_jiffies) - self.now_jiffies) & SIGN_BIT:
            raise RequestError(
                f"time runs backwards, from {self.now_jiffies} to {now_jiffies} jiffies "
                "(or forward by 2**31 or more, which 32 bits cannot tell apart)"
            )
        self.now_jiffies = now_jiffies

    def _require_alive(self) -> None:
        if self._hung:
            raise LockupError(f"this kernel hangs since an earlier call: {self._hung}")
