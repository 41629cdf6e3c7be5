# SPDX-License-Identifier: GPL-2.0-or-later
"""The few netlink messages that a scenario needs, as bytes, and the answers to them.

By hand and not by pyroute2, because they are sent by a C program that must not let time pass.
Sources: include/uapi/linux/rtnetlink.h, if_link.h and pkt_sched.h, Linux 6.12.
"""

import struct
from collections.abc import Iterator, Mapping
from typing import Final

from hhf_testbed.conform.steps import COUNTS, PARENT_COUNTS
from hhf_testbed.model.settings import NAMES
from hhf_testbed.tc.shaper import Shaper

RTM_NEWLINK, RTM_DELLINK, RTM_NEWTCLASS = 16, 17, 40
RTM_NEWQDISC, RTM_DELQDISC, RTM_GETQDISC = 36, 37, 38
REQUEST_ACK: Final = 0x1 | 0x4
CREATE_EXCL: Final = 0x400 | 0x200
ECHO: Final = 0x8
"""Without it the answer to RTM_GETQDISC goes to the multicast group only (rtnetlink_send)."""
IFF_UP: Final = 1
IFLA_IFNAME, IFLA_MTU, IFLA_LINKINFO, IFLA_INFO_KIND = 3, 4, 18, 1
TCA_KIND, TCA_OPTIONS, TCA_STATS2, TCA_STAB = 1, 2, 7, 8
TCA_STAB_BASE, TCA_STAB_DATA = 1, 2
TCA_STATS_BASIC, TCA_STATS_QUEUE, TCA_STATS_APP = 1, 3, 4
TCA_HTB_PARMS, TCA_HTB_INIT, TCA_HTB_RATE64, TCA_HTB_CEIL64 = 1, 2, 6, 7
TCA_TBF_PARMS, TCA_TBF_RATE64, TCA_TBF_BURST = 1, 4, 6
LINKLAYER_ETHERNET: Final = 1
ROOT, PARENT, CLASS, LEAF = 0xFFFFFFFF, 0x10000, 0x10001, 0x100000
U32_MAX: Final = 2**32 - 1
HEADER: Final = struct.Struct("=IHHII")


def attribute(kind: int, data: bytes) -> bytes:
    """Return one attribute, padded to four bytes."""
    return struct.pack("=HH", len(data) + 4, kind) + data + bytes(-len(data) % 4)


def _message(kind: int, flags: int, body: bytes) -> bytes:
    return HEADER.pack(HEADER.size + len(body), kind, REQUEST_ACK | flags, 0, 0) + body


def _link(kind: int, flags: int, index: int, state: int, change: int, attributes: bytes) -> bytes:
    head = struct.pack("=BxHiII", 0, 0, index, state, change)
    return _message(kind, flags, head + attributes)


def _traffic(kind: int, flags: int, index: int, handle: int, parent: int, rest: bytes) -> bytes:
    return _message(kind, flags, struct.pack("=BxxxiIII", 0, index, handle, parent, 0) + rest)


def add_dummy(index: int, mtu_bytes: int) -> bytes:
    """Make a dummy interface with this index, up."""
    kind = attribute(IFLA_LINKINFO, attribute(IFLA_INFO_KIND, b"dummy\0"))
    name = attribute(IFLA_IFNAME, b"hhf%d\0" % index)
    mtu = attribute(IFLA_MTU, struct.pack("=I", mtu_bytes))
    return _link(RTM_NEWLINK, CREATE_EXCL, index, IFF_UP, IFF_UP, name + mtu + kind)


def delete_link(index: int) -> bytes:
    """Remove an interface, and its qdiscs."""
    return _link(RTM_DELLINK, 0, index, 0, 0, b"")


def set_link(index: int, up: bool) -> bytes:
    """Set an interface up or down."""
    return _link(RTM_NEWLINK, 0, index, IFF_UP if up else 0, IFF_UP, b"")


def add_htb(index: int) -> bytes:
    """Make HTB the root; all goes to class 1:1."""
    init = attribute(TCA_HTB_INIT, struct.pack("=IIIII", 3, 10, 1, 0, 0))
    rest = attribute(TCA_KIND, b"htb\0") + attribute(TCA_OPTIONS, init)
    return _traffic(RTM_NEWQDISC, CREATE_EXCL, index, PARENT, ROOT, rest)


def add_class(index: int, shape: Shaper, *, flags: int = CREATE_EXCL) -> bytes:
    """Make the class 1:1; with ``flags`` 0 change it, which leaves what it owes as it is."""
    rate, spec = shape.rate_bytes_per_s, _rate_spec(shape)
    numbers = (shape.burst_ticks, shape.burst_ticks, shape.quantum_bytes, 0, 0)
    parms = attribute(TCA_HTB_PARMS, spec + spec + struct.pack("=IIIII", *numbers))
    wide = struct.pack("=Q", rate)
    if rate > U32_MAX:
        parms += attribute(TCA_HTB_RATE64, wide) + attribute(TCA_HTB_CEIL64, wide)
    rest = attribute(TCA_KIND, b"htb\0") + attribute(TCA_OPTIONS, parms)
    return _traffic(RTM_NEWTCLASS, flags, index, CLASS, PARENT, rest)


def _rate_spec(shape: Shaper) -> bytes:
    """``struct tc_ratespec``. With a link layer given, the kernel wants no table of rates."""
    rate = min(shape.rate_bytes_per_s, U32_MAX)
    return struct.pack("=BBHhHI", 0, LINKLAYER_ETHERNET, 0, 0, 0, rate)


def add_tbf(index: int, shape: Shaper) -> bytes:
    """Make tbf the root, without peak rate; its limit of 0 spares the fifo that hhf replaces."""
    limit, buffer, mtu = 0, 0, 0  # TCA_TBF_BURST gives the buffer
    qopt = _rate_spec(shape) + bytes(12) + struct.pack("=III", limit, buffer, mtu)
    options = attribute(TCA_TBF_PARMS, qopt)
    options += attribute(TCA_TBF_BURST, struct.pack("=I", shape.burst_bytes))
    if shape.rate_bytes_per_s > U32_MAX:
        options += attribute(TCA_TBF_RATE64, struct.pack("=Q", shape.rate_bytes_per_s))
    rest = attribute(TCA_KIND, b"tbf\0") + attribute(TCA_OPTIONS, options)
    return _traffic(RTM_NEWQDISC, CREATE_EXCL, index, PARENT, ROOT, rest)


def set_hhf(
    index: int,
    params: Mapping[str, int],
    *,
    add: bool,
    handle: int = LEAF,
    parent: int = CLASS,
) -> bytes:
    """Make an hhf, by default the one below the class, or change it."""
    numbered = ((NAMES.index(name) + 1, value) for name, value in params.items())
    options = b"".join(attribute(kind, struct.pack("=I", value)) for kind, value in numbered)
    return set_qdisc(index, "hhf", options, add=add, handle=handle, parent=parent)


def set_qdisc(
    index: int, kind: str, options: bytes, *, add: bool, handle: int, parent: int
) -> bytes:
    """Make a qdisc of any kind, or change it; ``options`` are attributes, as they are sent."""
    rest = attribute(TCA_KIND, kind.encode() + b"\0") + attribute(TCA_OPTIONS, options)
    return _traffic(RTM_NEWQDISC, CREATE_EXCL if add else 0, index, handle, parent, rest)


def delete_qdisc(index: int, handle: int, parent: int) -> bytes:
    """Remove a qdisc, and what is below it."""
    return _traffic(RTM_DELQDISC, 0, index, handle, parent, b"")


def get_qdisc(index: int, handle: int) -> bytes:
    """Ask for one qdisc: options and statistics."""
    return _traffic(RTM_GETQDISC, ECHO, index, handle, 0, b"")


def attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield type and payload of each attribute."""
    offset = 0
    while offset + 4 <= len(data):
        size, kind = struct.unpack_from("=HH", data, offset)
        yield kind & 0x3FFF, data[offset + 4 : offset + size]
        offset += max(4, size + 3 & ~3)


def read_hhf(message: bytes) -> dict[str, int]:
    """Return counts and parameters out of the answer to ``get_qdisc`` for hhf."""
    found = dict(attributes(message[HEADER.size + 20 :]))
    stats = dict(attributes(found[TCA_STATS2]))
    options = dict(attributes(found[TCA_OPTIONS]))
    sent_bytes, sent_packets = struct.unpack_from("=QI", stats[TCA_STATS_BASIC])
    qlen, backlog, drops = struct.unpack_from("=III", stats[TCA_STATS_QUEUE])
    overlimit = struct.unpack("=IIII", stats[TCA_STATS_APP])
    counts = (sent_packets, sent_bytes, qlen, backlog, drops, *overlimit)
    values = {name: int.from_bytes(options[i + 1], "little") for i, name in enumerate(NAMES)}
    return dict(zip(COUNTS, counts, strict=True)) | values


def read_parent(message: bytes) -> dict[str, int]:
    """Return the counts that the parent keeps of what is below it."""
    stats = dict(attributes(dict(attributes(message[HEADER.size + 20 :]))[TCA_STATS2]))
    counts = struct.unpack_from("=III", stats[TCA_STATS_QUEUE])
    return dict(zip(PARENT_COUNTS, counts, strict=True))
