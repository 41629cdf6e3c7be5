# SPDX-License-Identifier: GPL-2.0-or-later
"""The parent HTB: takes packets from HHF when it may send them, and never looks at them before.

Of HTB (net/sched/sch_htb.c, Linux 6.12) there is what one class with ceil = rate needs:
``htb_charge_class``, ``htb_accnt_tokens``, and ``htb_reset``, after which one packet may leave
whatever the class owes.
"""

from hhf_testbed.model import Hhf, Packet
from hhf_testbed.tc.shaper import TICK_NS, Shaper


class Htb:
    """One HTB class with HHF below. All times are nanoseconds of one clock."""

    def __init__(self, shape: Shaper, hhf: Hhf) -> None:
        self._shape, self._hhf = shape, hhf
        self._most_ns = shape.burst_ticks * TICK_NS
        self._tokens_ns, self._checked_ns = self._most_ns, 0
        self._ready_ns = 0

    @property
    def due_ns(self) -> int | None:
        """When it sends next; None if there is nothing to send."""
        return self._ready_ns if self._hhf.qlen_packets else None

    def run(self) -> None:
        """Look for something to send, as after each arrival; HTB takes nothing in advance."""

    def doubtful(self, _now_ns: int) -> bool:
        """Tell whether a timer's effect is not yet certain; HTB's show as departures only."""
        return False

    def wake(self, now_ns: int, *, swapped: bool = False) -> None:
        """Do what timers have done until now."""

    def take(self, now_ns: int) -> Packet | None:
        """Send a packet now, if there is one, and pay for it."""
        packet = self._hhf.dequeue()
        if packet is not None:
            self._hhf.parent.took_out(packet)
            self._pay(packet.len_bytes, now_ns)
        return packet

    def reset(self) -> None:
        """Allow one packet at any time, as after link down."""
        self._ready_ns = 0

    def _pay(self, len_bytes: int, now_ns: int) -> None:
        credit_ns = min(self._most_ns, self._tokens_ns + now_ns - self._checked_ns)
        self._tokens_ns = credit_ns - self._shape.service_ns(len_bytes)
        self._checked_ns = now_ns
        self._ready_ns = now_ns + max(0, -self._tokens_ns)
