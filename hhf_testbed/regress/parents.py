# SPDX-License-Identifier: GPL-2.0-or-later
"""Classful qdiscs to put between HTB and hhf: netlink messages, as bytes.

The qdisc is 2: below HTB's class 1:1. It has classes 2:1, for hhf, and 2:2, with a fifo of its own;
a packet is for the class that is its ``SO_PRIORITY``. Sources: include/uapi/linux/pkt_sched.h and
the classify functions of net/sched/sch_{drr,hfsc,qfq,ets,prio}.c, Linux 6.12.
"""

import socket
import struct
from collections.abc import Iterator
from typing import Final

from hhf_testbed.conform.netlink import (
    CLASS,
    CREATE_EXCL,
    ECHO,
    HEADER,
    LINKLAYER_ETHERNET,
    PARENT,
    REQUEST_ACK,
    ROOT,
    RTM_NEWQDISC,
    RTM_NEWTCLASS,
    TCA_KIND,
    TCA_OPTIONS,
    TCA_STAB,
    TCA_STAB_BASE,
    attribute,
)

RTM_GETTCLASS, RTM_NEWADDR, IFA_LOCAL = 42, 20, 2
NLA_F_NESTED: Final = 0x8000
"""ets insists on it, the others do not look."""
MIDDLE, FIRST, SECOND = 0x20000, 0x20001, 0x20002
TCA_HFSC_RSC, TCA_HFSC_FSC = 1, 2
TCA_ETS_NBANDS: Final = 1
QUANTUM_BYTES: Final = 9014
CURVE: Final = struct.pack("=III", 0, 0, 10**8)
"""``struct tc_service_curve``: 10^8 byte/s at any time."""
QDISC_OPTIONS: Final = {
    "drr": b"",
    "qfq": b"",
    "hfsc": struct.pack("=H", 1),
    "ets": attribute(TCA_ETS_NBANDS, b"\2"),
    "prio": struct.pack("=i16B", 2, *bytes(16)),
}
CLASS_OPTIONS: Final = {
    "drr": attribute(1, struct.pack("=I", QUANTUM_BYTES)),
    "qfq": attribute(1, struct.pack("=I", 1)) + attribute(2, struct.pack("=I", QUANTUM_BYTES)),
    "hfsc": attribute(TCA_HFSC_RSC, CURVE) + attribute(TCA_HFSC_FSC, CURVE),
}
"""Of drr the quantum, of qfq the weight and the longest packet; ets and prio make their classes."""
MIDDLES: Final = tuple(QDISC_OPTIONS)
PEEKING: Final = ("tbf", "hfsc", "qfq")
"""These set hhf's first packet aside (gso_skb) as soon as it comes."""


def add_middle(index: int, kind: str) -> Iterator[bytes]:
    """Put a qdisc of this kind below HTB's class, and make its classes."""
    yield _traffic(RTM_NEWQDISC, CREATE_EXCL, index, MIDDLE, CLASS, kind, QDISC_OPTIONS[kind])
    if kind in CLASS_OPTIONS:
        for handle in (FIRST, SECOND):
            options = CLASS_OPTIONS[kind]
            yield _traffic(RTM_NEWTCLASS, CREATE_EXCL, index, handle, MIDDLE, kind, options)


def set_overhead(index: int, overhead_bytes: int) -> bytes:
    """Have the root qdisc count so many bytes more for each packet (``tc qdisc ... stab``)."""
    spec = struct.pack("=BBhiIIII", 0, 0, 0, overhead_bytes, LINKLAYER_ETHERNET, 0, 0, 0)
    stab = attribute(TCA_STAB | NLA_F_NESTED, attribute(TCA_STAB_BASE, spec))
    rest = attribute(TCA_KIND, b"htb\0") + stab
    body = struct.pack("=BxxxiIII", 0, index, PARENT, ROOT, 0) + rest
    return HEADER.pack(HEADER.size + len(body), RTM_NEWQDISC, REQUEST_ACK, 0, 0) + body


def get_class(index: int, handle: int) -> bytes:
    """Ask for one class: its statistics are where those of a qdisc are."""
    return _traffic(RTM_GETTCLASS, ECHO, index, handle, 0, "", b"")


def _traffic(
    message: int, flags: int, index: int, handle: int, parent: int, kind: str, options: bytes
) -> bytes:
    rest = attribute(TCA_KIND, kind.encode() + b"\0") if kind else b""
    rest += attribute(TCA_OPTIONS | NLA_F_NESTED, options) if options else b""
    body = struct.pack("=BxxxiIII", 0, index, handle, parent, 0) + rest
    return HEADER.pack(HEADER.size + len(body), message, REQUEST_ACK | flags, 0, 0) + body


def add_address(index: int, address: str) -> bytes:
    """Give an interface an IPv4 address of a network of 24 bits."""
    local = attribute(IFA_LOCAL, socket.inet_aton(address))
    body = struct.pack("=BBBBi", socket.AF_INET, 24, 0, 0, index) + local
    head = HEADER.pack(HEADER.size + len(body), RTM_NEWADDR, REQUEST_ACK | CREATE_EXCL, 0, 0)
    return head + body
