# SPDX-License-Identifier: GPL-2.0-or-later
"""The decision heavy hitter or not: table T first, then filter F.

Mirrors ``hhf_classify`` of net/sched/sch_hhf.c, read in the versions of 2013 and 6.12.117. They
differ in how the hash is made, which here is the caller's business.
"""

from hhf_testbed.model.flow_table import FlowTable
from hhf_testbed.model.hashing import filter_positions
from hhf_testbed.model.multistage_filter import MultistageFilter
from hhf_testbed.model.outcome import CAPTURED, KNOWN, PASSED, Outcome
from hhf_testbed.model.packet import Packet
from hhf_testbed.model.settings import Settings


class Classifier:
    """Table T and filter F, which together decide for each packet."""

    __slots__ = ("filter", "settings", "table")

    def __init__(self, settings: Settings, now_jiffies: int) -> None:
        self.settings = settings
        self.table = FlowTable()
        self.filter = MultistageFilter(now_jiffies)

    def reset(self, now_jiffies: int) -> None:
        """Forget all flows and all bytes (``hhf_reset_classifier``)."""
        self.table.clear()
        self.filter.reset(now_jiffies)

    def classify(self, packet: Packet, now_jiffies: int) -> Outcome:
        """Return what becomes of the packet as long as the limit is kept.

        A known heavy hitter never reaches the filter ("shielding", optimisation O1; [EV02]
        section 3.3.1): its bytes do not swell counters that other flows share.
        """
        settings = self.settings
        self.filter.refresh(now_jiffies, settings.reset_timeout_jiffies)
        if self.table.hit(packet.hash_, now_jiffies, settings.evict_timeout_jiffies):
            return KNOWN
        positions = filter_positions(packet.hash_)
        smallest_bytes = self.filter.smallest_sum_bytes(positions, packet.len_bytes)
        if smallest_bytes > settings.admit_bytes:
            return self._capture(packet.hash_, now_jiffies)
        self.filter.record(positions, smallest_bytes)
        return PASSED

    def _capture(self, hash_: int, now_jiffies: int) -> Outcome:
        """Admit the flow to table T, or let it pass as light if the table is full.

        The counters stay as they are either way, so none ever exceeds ``admit_bytes``.
        """
        settings = self.settings
        timeout_jiffies = settings.evict_timeout_jiffies
        if self.table.admit(hash_, now_jiffies, timeout_jiffies, settings.hh_limit):
            return CAPTURED
        return PASSED
