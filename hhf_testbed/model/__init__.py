# SPDX-License-Identifier: GPL-2.0-or-later
"""HHF in Python: an exact model of net/sched/sch_hhf.c, from 2013 to today.

The queue discipline HHF ("heavy-hitter filter") keeps the few flows that send much from
delaying the many that send little. It learns which is which from the traffic itself.

Rules
=====

1.  The model is a function of its arguments. It reads no clock, draws no random number and does
    no I/O: the time in jiffies and the 32-bit flow hash come from the caller.
2.  What the kernel does, the model does, bugs included. What one kernel does and another does
    not is a flag in ``Features``, with its commit.
3.  A number that C would cut to 32 bits is cut here, and at the same place.
4.  What the kernel would refuse is refused with the kernel's errno (``RefusedError``). Where the
    kernel would hang, ``LockupError`` is raised. What no kernel could be asked, a flow hash of 33
    bits or a clock that runs backwards, is a ``RequestError``. There is never a wrong number.
5.  Kernel words are used as names, and units are part of each name.

Theory of operation
===================

A *flow* is all packets with the same 32-bit hash. A flow is a *heavy hitter* (HH) if it sends
more than ``admit_bytes`` within about ``reset_timeout_us``: 131072 bytes in 40 ms, 26 Mbit/s.

Each packet takes this way (``Hhf.enqueue``)::

                        is its flow in table T?
                       /                       \\
                    yes                         no: filter F, have all four counters,
                     |                          with this packet, passed admit_bytes?
                     |                         /                    \\
                     |        yes: enter flow in T,                   no: count the packet
                     |        unless T is full                             |
                     v           v           \\                             v
                 bucket of heavy hitters      ------------> bucket of all others

    the bucket of the others : the bucket of heavy hitters share the link non_hh_weight : 1,
    in bytes, and when the queue is full a heavy hitter's oldest packet is dropped first.

*Filter F* (``multistage_filter``) is four arrays of 1024 counters. ``hashing`` picks one counter
in each. Light flows that share a counter with a heavy one are safe unless all four of their
counters are shared with heavy ones, by chance (m / 1024)**4 for m heavy flows. No heavy hitter
escapes: its own bytes alone lift all its four counters. Two optimisations keep the counters low.
"Shielding": a flow in table T is no longer counted. "Conservative update": a counter is not
lifted above the smallest of the four plus this packet. All counters fall to zero when a packet
comes more than the reset time-out after the last such reset.

With no other traffic, a flow of packets of L bytes becomes heavy with packet number
``admit_bytes // L + 1``: for L = 1514, 86 * 1514 = 130204 <= 131072 < 87 * 1514, so with the 87th.

*Table T* (``flow_table``) remembers heavy hitters until they have sent nothing for more than
``evict_timeout_us``. Expired entries are removed only when a packet comes to the same slot, and
the last one in a slot is kept and used again, so ``hh_cur_count`` does not fall back to zero.

*The scheduler* (``wdrr``) is deficit round robin over the two buckets. The bucket of the others,
when it was idle, goes before everything for one turn, so a short burst waits for no bulk packet.

*Time* (``jiffies``) has the grain of a tick, and all comparisons are strict: at HZ 250 a reset
time-out of 40 ms, ten ticks, has passed after eleven, 44 ms.

Surprises that the model reproduces
===================================

-  Packets trimmed by ``change`` and thrown away by ``reset`` are counted as sent.
-  ``NET_XMIT_CN`` leaves a wrong byte count in the parent (``Parent``); no kernel has fixed it.
-  A time-out within two ticks of 2**32 microseconds (at HZ 300: any above 1431.649098 s) is stored
   as -2 ticks and has always expired (``jiffies.usecs_to_jiffies``).
-  A full table lets a heavy flow pass as light, and counts each of its packets in
   ``hh_overlimit``.

References
==========

- net/sched/sch_hhf.c, Linux, as merged in 2013 (10239edf86f1) and in Debian's 5.10.223, 6.1.192,
  6.12.107, 6.12.117 and 7.2.13.
- [EV02] C. Estan and G. Varghese, "New Directions in Traffic Measurement and Accounting",
  ACM SIGCOMM 2002.
- M. Shreedhar and G. Varghese, "Efficient Fair Queuing Using Deficit Round-Robin",
  ACM SIGCOMM 1995.
"""

from hhf_testbed.model.features import CURRENT, PROFILES, Features
from hhf_testbed.model.outcome import (
    NET_XMIT_CN,
    NET_XMIT_SUCCESS,
    WDRR_BUCKET_FOR_HH,
    WDRR_BUCKET_FOR_NON_HH,
    Outcome,
)
from hhf_testbed.model.packet import Packet
from hhf_testbed.model.parent import Parent
from hhf_testbed.model.qdisc import Hhf, Xstats
from hhf_testbed.model.refusal import LockupError, RefusedError
from hhf_testbed.model.settings import initial_params

__all__ = [
    "CURRENT",
    "NET_XMIT_CN",
    "NET_XMIT_SUCCESS",
    "PROFILES",
    "WDRR_BUCKET_FOR_HH",
    "WDRR_BUCKET_FOR_NON_HH",
    "Features",
    "Hhf",
    "LockupError",
    "Outcome",
    "Packet",
    "Parent",
    "RefusedError",
    "Xstats",
    "initial_params",
]
