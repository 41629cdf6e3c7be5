# SPDX-License-Identifier: GPL-2.0-or-later
"""Which flow a captured packet belongs to, as the kernel sees it when HHF asks for its hash.

Mirrors ``__skb_flow_dissect`` as ``skb_get_hash_perturb`` uses it, net/core/flow_dissector.c,
Linux 6.12.117, with the flag STOP_AT_FLOW_LABEL. What may surprise:

- no fragment has ports, not even the first, so a pair's fragments are one flow beside its others;
- an IPv6 packet with a flow label has no ports: label and addresses are its flow;
- VLAN tags (up to two, with their priority) are part of the flow;
- IP in IP and plain GRE count as the packet inside;
- what is not IP has no addresses: all ARP is one flow.

The kernel also looks into MPLS, PPPoE, TIPC, batman-adv and GRE for PPTP. Here what they carry is
one flow.
"""

from ipaddress import ip_address
from typing import Final

FlowKey = tuple[int, int, bytes, bytes, bytes, bytes]
"""EtherType, IP protocol, source, target, the two ports, and what else counts (tags, label)."""
ETHERNET, LINUX_SLL, LINUX_SLL2 = 1, 113, 276
LINK_HEADER_BYTES: Final = {
    ETHERNET: 14,
    LINUX_SLL: 16,
    LINUX_SLL2: 20,
    0: 4,  # NULL (BSD loopback)
    108: 4,  # LOOP (OpenBSD loopback)
    12: 0,  # raw IP, as some systems number it
    14: 0,  # the same
    101: 0,  # RAW
    228: 0,  # IPV4
    229: 0,  # IPV6
}
"""Link type that can be read: the bytes before the IP header."""
ETHERTYPE_AT: Final = {ETHERNET: 12, LINUX_SLL: 14, LINUX_SLL2: 0}
LINK_NAMES: Final = "Ethernet, Linux cooked (SLL, SLL2), raw IP, BSD loopback"
QDISC_HEADER_BYTES: Final = 14
"""A qdisc of an Ethernet device counts this header, whatever the capture has (hhf-facts 7.6)."""
IPV4, IPV6, DOT1Q, DOT1AD, DOT2 = 0x0800, 0x86DD, 0x8100, 0x88A8, 4
LEAST_ETHERTYPE: Final = 0x0600  # below it is a length, and the kernel says ETH_P_802_2
IPIP, GRE, IPV6_IN_IP, FRAGMENT = 4, 47, 41, 44
SKIPPED: Final = (0, 43, 60)  # IPv6 extension headers: hop-by-hop, routing, destination options
PORTS_AT: Final = {6: 0, 17: 0, 33: 0, 50: 0, 132: 0, 136: 0, 51: 4}  # ``proto_ports_offset``
NAMES: Final = {1: "ICMP", 6: "TCP", 17: "UDP", 47: "GRE", 50: "ESP", 58: "ICMPv6", 132: "SCTP"}
NO_PORTS: Final = bytes(4)
PAD_BYTES: Final = 128
MOST_HEADERS: Final = 15  # MAX_FLOW_DISSECT_HDRS


def frame_bytes(link_type: int, wire_bytes: int) -> int:
    """Return the packet's length as a qdisc counts it: with an Ethernet header, without FCS."""
    return wire_bytes - LINK_HEADER_BYTES[link_type] + QDISC_HEADER_BYTES


def flow_key(link_type: int, octets: bytes) -> FlowKey:
    """Return the flow of a packet. Where it is cut off, zeros are read, as the kernel would."""
    if len(octets) < PAD_BYTES:
        octets = octets.ljust(PAD_BYTES, b"\0")
    at = LINK_HEADER_BYTES[link_type]
    place = ETHERTYPE_AT.get(link_type)
    if place is None:
        ethertype = IPV6 if octets[at] >> 4 == 6 else IPV4
    else:
        ethertype = octets[place] << 8 | octets[place + 1]
    try:
        return _dissect(octets, at, ethertype, b"", MOST_HEADERS)
    except IndexError:  # a header points beyond the end
        return (ethertype, 0, b"", b"", NO_PORTS, b"")


def needed_bytes(link_type: int, key: FlowKey) -> int:
    """Return how many octets a packet must have for its ports to be read."""
    return LINK_HEADER_BYTES[link_type] + (44 if key[0] == IPV6 else 24)


def _dissect(octets: bytes, at: int, ethertype: int, more: bytes, left: int) -> FlowKey:
    if ethertype == IPV4:
        return _ipv4(octets, at, more, left)
    if ethertype == IPV6:
        return _ipv6(octets, at, more, left)
    if ethertype in (DOT1Q, DOT1AD) and left:
        if len(more) < 8:
            more += ethertype.to_bytes(2, "big") + octets[at : at + 2]
        inner = octets[at + 2] << 8 | octets[at + 3]
        return _dissect(octets, at + 4, inner, more, left - 1)
    if ethertype < LEAST_ETHERTYPE:
        ethertype = DOT2
    return (ethertype, 0, b"", b"", NO_PORTS, more)


def _ipv4(octets: bytes, at: int, more: bytes, left: int) -> FlowKey:
    protocol = octets[at + 9]
    source, target = octets[at + 12 : at + 16], octets[at + 16 : at + 20]
    if octets[at + 6] & 0x3F or octets[at + 7]:  # more fragments, or an offset
        return (IPV4, protocol, source, target, NO_PORTS, more)
    key = (IPV4, protocol, source, target, NO_PORTS, more)
    return _transport(octets, at + (octets[at] & 15) * 4, key, left)


def _ipv6(octets: bytes, at: int, more: bytes, left: int) -> FlowKey:
    protocol = octets[at + 6]
    source, target = octets[at + 8 : at + 24], octets[at + 24 : at + 40]
    label = bytes((octets[at + 1] & 15, octets[at + 2], octets[at + 3]))
    if label != b"\0\0\0":
        return (IPV6, protocol, source, target, NO_PORTS, more + label)
    at += 40
    while protocol in SKIPPED:
        protocol, at = octets[at], at + (octets[at + 1] + 1) * 8
    if protocol == FRAGMENT:
        return (IPV6, octets[at], source, target, NO_PORTS, more)
    return _transport(octets, at, (IPV6, protocol, source, target, NO_PORTS, more), left)


def _transport(octets: bytes, at: int, key: FlowKey, left: int) -> FlowKey:
    ethertype, protocol, source, target, _, more = key
    place = PORTS_AT.get(protocol)
    if place is not None:
        ports = octets[at + place : at + place + 4].ljust(4, b"\0")
        return (ethertype, protocol, source, target, ports, more)
    if not left:
        return key
    if protocol == IPIP:
        return _ipv4(octets, at, more, left - 1)
    if protocol == IPV6_IN_IP:
        return _ipv6(octets, at, more, left - 1)
    return _gre(octets, at, key, left) if protocol == GRE else key


def _gre(octets: bytes, at: int, key: FlowKey, left: int) -> FlowKey:
    """Look into GRE version 0 without routing: RFC 2784, RFC 2890."""
    flags, inner = octets[at], octets[at + 2] << 8 | octets[at + 3]
    if flags & 0x40 or octets[at + 1] & 7:
        return key
    more, end = key[5], at + 4 + (4 if flags & 0x80 else 0)
    if flags & 0x20:
        more, end = more + octets[end : end + 4], end + 4
    end += 4 if flags & 0x10 else 0
    if inner not in (IPV4, IPV6):
        return (*key[:5], more)
    return _dissect(octets, end, inner, more, left - 1)


def name(key: FlowKey) -> str:
    """Say which flow it is: ``TCP 10.0.0.1:80 > 10.0.0.2:5000``."""
    ethertype, protocol, source, target, ports, more = key
    if not source:
        said = {0x0806: "ARP", DOT2: "802.2"}.get(ethertype, f"EtherType 0x{ethertype:04x}")
    else:
        ends = [str(ip_address(address)) for address in (source, target)]
        if ports != NO_PORTS:
            numbers = (int.from_bytes(ports[:2], "big"), int.from_bytes(ports[2:], "big"))
            shape = "[{}]:{}" if ethertype == IPV6 else "{}:{}"
            ends = [shape.format(end, port) for end, port in zip(ends, numbers, strict=True)]
        said = f"{NAMES.get(protocol, f'protocol {protocol}')} {ends[0]} > {ends[1]}"
    return f"{said} ({more.hex()})" if more else said
