# SPDX-License-Identifier: GPL-2.0-or-later
"""The parent tbf: peeks at HHF's next packet, and leaves it there until its tokens have come.

Each run of ``tbf_dequeue`` (net/sched/sch_tbf.c, Linux 6.12) takes one packet out of HHF's buckets
into ``gso_skb``, if none is there, and sends it or sets a watchdog to when it may go. Runs happen
after each arrival, after each departure, and when the watchdog fires; so after each of them a
packet is set aside, if HHF holds any. Only ``hhf_change`` takes that packet away again. Then the
watchdog still fires at its old time, and the run that it starts takes out the next packet though
nothing may leave yet; or it finds none, but empty buckets leave their lines by that, and the next
packet finds them with a new deficit. No recording shows such a run, and so its time is computed.

That time is good to about a microsecond. The guest's clock goes in steps of 256 ns, and no timer
is set to less than 500 ns (``TIMER_MIN_DELTA``, arch/um): of 4475 packets for which tbf had to
wait, none left early and 99 % at most 509 ns late. Steps, too, may be some readings of the clock
late. When the run and a step are so near to each other, it is ``doubtful`` which was first. A
sample tells; for all else both orders are tried (``compare``).
"""

from typing import Final

from hhf_testbed.model import Hhf, Packet
from hhf_testbed.tc.shaper import Shaper

TIMER_LATE_NS: Final = 1_000
STEP_LATE_NS: Final = 2_000


class Tbf:
    """One tbf without peak rate, with HHF below. All times are nanoseconds of one clock."""

    def __init__(self, shape: Shaper, hhf: Hhf) -> None:
        self._shape, self._hhf = shape, hhf
        self._most_ns = shape.service_ns(shape.burst_bytes)
        self._tokens_ns, self._checked_ns = self._most_ns, 0
        self._watchdog_ns: int | None = None

    @property
    def due_ns(self) -> int | None:
        """When it runs next, to send or only to peek; None if no watchdog is set."""
        return self._watchdog_ns

    def run(self) -> None:
        """Peek, and set the watchdog to when the packet may go."""
        packet = self._hhf.peek()
        self._watchdog_ns = None
        if packet is not None:
            missing_ns = self._shape.service_ns(packet.len_bytes) - self._tokens_ns
            self._watchdog_ns = self._checked_ns + missing_ns

    def doubtful(self, now_ns: int) -> bool:
        """Tell whether the watchdog may have peeked a moment ago, or may do so in a moment."""
        if self._watchdog_ns is None or self._hhf.peeked is not None:
            return False
        return -STEP_LATE_NS < now_ns - self._watchdog_ns < TIMER_LATE_NS

    def wake(self, now_ns: int, *, swapped: bool = False) -> None:
        """Do what the watchdog has done until now; ``swapped``: or just what it has not done."""
        if self._watchdog_ns is None or self._hhf.peeked is not None:
            return
        if (self._watchdog_ns <= now_ns) != swapped:
            self.run()

    def take(self, now_ns: int) -> Packet | None:
        """Send the packet that was set aside, if there is one, pay for it, and run again."""
        if self._hhf.peek() is None:
            return None
        packet = self._hhf.dequeue_peeked()
        if packet is not None:
            self._hhf.parent.took_out(packet)
            self._pay(packet.len_bytes, now_ns)
            self.run()
        return packet

    def reset(self) -> None:
        """Fill the bucket and forget the watchdog, as link down does (``tbf_reset``)."""
        self._tokens_ns, self._watchdog_ns = self._most_ns, None

    def _pay(self, len_bytes: int, now_ns: int) -> None:
        credit_ns = min(self._most_ns, self._tokens_ns + now_ns - self._checked_ns)
        self._tokens_ns = credit_ns - self._shape.service_ns(len_bytes)
        self._checked_ns = now_ns
