# SPDX-License-Identifier: GPL-2.0-or-later
"""Table T: the flows known to be heavy hitters, 1024 slots with a chain of entries each.

Mirrors ``seek_list`` and ``alloc_new_hh`` of net/sched/sch_hhf.c, read in the versions of 2013
and 6.12.117, where they are the same. (The kernel may also run out of memory; the model may not.)
"""

from hhf_testbed.model.hashing import TABLE_SLOTS, table_slot
from hhf_testbed.model.jiffies import U32_MAX, time_before


class FlowEntry:
    """One heavy hitter: the hash that names it and when its last packet came."""

    __slots__ = ("hash_", "hit_at_jiffies")

    def __init__(self, hash_: int, hit_at_jiffies: int) -> None:
        self.hash_ = hash_
        self.hit_at_jiffies = hit_at_jiffies

    def expired(self, now_jiffies: int, timeout_jiffies: int) -> bool:
        """Tell whether *more* than the time-out has passed since the flow's last packet."""
        return time_before((self.hit_at_jiffies + timeout_jiffies) & U32_MAX, now_jiffies)


class FlowTable:
    """The chains and their three counts.

    Attributes:
        current_flows: entries that exist, expired ones included (``hh_cur_count``).
        total_flows: admissions ever made (``hh_tot_count``).
        overlimit: admissions refused because the table was full (``hh_overlimit``); one per
            packet, not one per flow.
    """

    __slots__ = ("chains", "current_flows", "overlimit", "total_flows")

    def __init__(self) -> None:
        self.chains: list[list[FlowEntry]] = [[] for _ in range(TABLE_SLOTS)]
        self.current_flows = 0
        self.total_flows = 0
        self.overlimit = 0

    def clear(self) -> None:
        """Free all entries. The totals stay (``hhf_reset_classifier``, since a225f8c20712)."""
        self.chains = [[] for _ in range(TABLE_SLOTS)]
        self.current_flows = 0

    def hit(self, hash_: int, now_jiffies: int, timeout_jiffies: int) -> bool:
        """Tell whether the flow is a known heavy hitter, and renew its entry if so."""
        entry = self._seek(hash_, now_jiffies, timeout_jiffies)
        if entry is None:
            return False
        entry.hit_at_jiffies = now_jiffies
        return True

    def _seek(self, hash_: int, now_jiffies: int, timeout_jiffies: int) -> FlowEntry | None:
        """Find the flow's live entry and free the expired ones on the way (``seek_list``).

        An expired entry at the end of the chain is kept for reuse, and ends the search even if
        it is the flow's own: a flow that comes back has to earn its place again. The kernel keeps
        it to save one allocation; it also means that a slot once used never gets empty again.
        """
        chain = self.chains[table_slot(hash_)]
        position = 0
        while position < len(chain):
            entry = chain[position]
            if entry.expired(now_jiffies, timeout_jiffies):
                if position == len(chain) - 1:
                    return None
                del chain[position]
                self.current_flows -= 1
            elif entry.hash_ == hash_:
                return entry
            else:
                position += 1
        return None

    def admit(self, hash_: int, now_jiffies: int, timeout_jiffies: int, limit: int) -> bool:
        """Enter a new heavy hitter (``alloc_new_hh``); False if the table is full.

        Only the last entry can have expired: ``_seek`` has just walked this chain. Taking that
        one over makes no new entry, so it works in a full table, too.
        """
        chain = self.chains[table_slot(hash_)]
        if chain and chain[-1].expired(now_jiffies, timeout_jiffies):
            chain[-1].hash_ = hash_
            chain[-1].hit_at_jiffies = now_jiffies
        elif self.current_flows >= limit:
            self.overlimit = (self.overlimit + 1) & U32_MAX
            return False
        else:
            chain.append(FlowEntry(hash_, now_jiffies))
            self.current_flows += 1
        self.total_flows = (self.total_flows + 1) & U32_MAX
        return True
