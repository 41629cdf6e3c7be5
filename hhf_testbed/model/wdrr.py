# SPDX-License-Identifier: GPL-2.0-or-later
"""Weighted deficit round robin over two buckets of packets: heavy hitters, and all others.

A bucket may send as long as its deficit is positive; each packet sent is taken off it, and a
bucket in debt gets weight * quantum bytes more and goes to the end of the line. There are two
lines. A non-heavy bucket that has been idle enters ``new``, which goes before ``old``: a short
burst of light flows leaves at once. The heavy-hitter bucket always enters ``old``.

Mirrors ``hhf_enqueue``, ``hhf_dequeue`` and ``hhf_drop`` of net/sched/sch_hhf.c, read in the
versions of 2013 and 6.12.117, as far as they concern the buckets.
"""

from collections import deque

from hhf_testbed.model.outcome import WDRR_BUCKET_FOR_HH, WDRR_BUCKET_FOR_NON_HH
from hhf_testbed.model.packet import Packet
from hhf_testbed.model.refusal import LockupError
from hhf_testbed.model.settings import Settings


class Bucket:
    """One queue of packets (``struct wdrr_bucket``).

    Attributes:
        index: ``WDRR_BUCKET_FOR_HH`` or ``WDRR_BUCKET_FOR_NON_HH``.
        packets: the queue, next to leave first.
        deficit_bytes: what it may still send in this round; negative is debt.
        listed: it stands in one of the two lines; an empty bucket may.
    """

    __slots__ = ("deficit_bytes", "index", "listed", "packets")

    def __init__(self, index: int) -> None:
        self.index = index
        self.packets: deque[Packet] = deque()
        self.deficit_bytes = 0
        self.listed = False


class Wdrr:
    """The two buckets and the two lines they stand in."""

    __slots__ = ("heavy", "light", "new", "old", "settings")

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.heavy = Bucket(WDRR_BUCKET_FOR_HH)
        self.light = Bucket(WDRR_BUCKET_FOR_NON_HH)
        self.new: list[Bucket] = []
        self.old: list[Bucket] = []

    def add(self, packet: Packet, index: int) -> None:
        """Append the packet to a bucket, and line the bucket up if it was idle."""
        bucket = self.heavy if index == WDRR_BUCKET_FOR_HH else self.light
        bucket.packets.append(packet)
        if not bucket.listed:
            bucket.listed = True
            bucket.deficit_bytes = self._turn_bytes(bucket)
            line = self.old if bucket is self.heavy else self.new
            line.append(bucket)

    def victim(self) -> Bucket:
        """Return the bucket that loses its first packet: the heavy one unless it is empty."""
        return self.heavy if self.heavy.packets else self.light

    def take(self) -> Packet | None:
        """Remove and return the packet to send next, or None if there is none."""
        while True:
            line = self.new if self.new else self.old
            if not line:
                return None
            bucket = line[0]
            if bucket.deficit_bytes <= 0:
                self._refill(line)
            elif bucket.packets:
                packet = bucket.packets.popleft()
                bucket.deficit_bytes -= packet.len_bytes
                return packet
            else:
                self._retire(line)

    def _turn_bytes(self, bucket: Bucket) -> int:
        """Return what one turn is worth; ``Settings`` keeps it within a signed 32-bit number."""
        weight = 1 if bucket is self.heavy else self.settings.non_hh_weight
        return weight * self.settings.quantum_bytes

    def _refill(self, line: list[Bucket]) -> None:
        """Give the first bucket of the line its next turn, behind all others."""
        self._check_progress()
        bucket = line.pop(0)
        bucket.deficit_bytes += self._turn_bytes(bucket)
        self.old.append(bucket)

    def _retire(self, line: list[Bucket]) -> None:
        """Send an empty bucket away; from ``new`` only by way of ``old``, if that has anyone.

        The detour keeps a bucket that empties and refills quickly from starving the old ones:
        it cannot come back to the head of ``new`` before they had their turn.
        """
        bucket = line.pop(0)
        if line is self.new and self.old:
            self.old.append(bucket)
        else:
            bucket.listed = False

    def _check_progress(self) -> None:
        """Raise ``LockupError`` if no bucket in line may send and none will ever get anything.

        Quantum or weight 0 does that; kernels before d4d6ec6dac07 accept it and hang.
        """
        for bucket in self.new + self.old:
            if bucket.deficit_bytes > 0 or self._turn_bytes(bucket) > 0:
                return
        raise LockupError(
            "hhf_dequeue never returns: quantum or weight is 0 and all deficits are used"
        )
