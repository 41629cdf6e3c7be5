# SPDX-License-Identifier: GPL-2.0-or-later
"""What HHF would do to captured traffic, with no kernel: the model below a link of some rate.

Definitions
===========

*Arrival*: each packet of the file arrives at its time stamp, with its length on the wire (Ethernet
header, no FCS). *Departure*: the link takes the next packet when it is free, and is busy for
``service_ns`` of its length, which is HTB's own arithmetic. A packet that comes just when the link
becomes free is queued before the link takes one. *Delay*: from arrival until the link takes the
packet; it does not include the packet's own transmission.

*Tick*: jiffies start at INITIAL_JIFFIES with the first packet, at the start of a tick.

*Interval*: from one reset of filter F to the next, as the model makes them. A flow is *truly heavy*
in an interval if it sent more than ``admit_bytes`` in it, all its packets counted. Then

- *false positive*: a flow admitted to table T in an interval in which it was not truly heavy;
- *early*: admitted before it had sent more than ``admit_bytes``, as it did later in that interval;
- *missed* (false negative): a packet treated as light though its flow, with this packet, has sent
  more than ``admit_bytes`` in the interval. With evict_timeout not below reset_timeout this needs a
  full table T; such packets are counted apart from all others.

*Eviction*: the moment from which table T no longer knows a flow, a tick more than ``evict_timeout``
after its last packet. (The kernel frees the entry later, or uses it again.)

Memory
======

It does not depend on the length of the file: ``flows.MAX_FLOWS`` flows are known exactly; past that
the half that sent least is forgotten, and counted. Time series have at most ``series.MAX_BINS``
bins; when the file goes on, two bins become one. Delays go to a histogram of fixed size.
"""
