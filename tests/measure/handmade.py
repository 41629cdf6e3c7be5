# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets and captures made by hand, field by field."""

import struct
from ipaddress import IPv4Address
from pathlib import Path

START_NS = 1_700_000_000_000_000_000
CAME, LEFT = 0, 4
ICMP, TCP, UDP = 1, 6, 17
SENDER, RECEIVER = "10.1.0.6", "10.2.0.6"
SNAP_BYTES = 140


def ip(transport, *, protocol, source=SENDER, target=RECEIVER, number=0, total=None, **changing):
    """An IPv4 packet; ``ttl`` and ``checksum`` may change on the way."""
    total = 20 + len(transport) if total is None else total
    header = struct.pack(
        ">BBHHHBBH4s4s", 0x45, changing.get("tos", 0), total, number, changing.get("fragment", 0),
        changing.get("ttl", 64), protocol, changing.get("checksum", 0),
        IPv4Address(source).packed, IPv4Address(target).packed,
    )  # fmt: skip
    return header + transport


def tcp(*, port=5201, source_port=40000, sequence=0, payload=0, checksum=0, **rest):
    """A TCP packet of which only the headers are captured."""
    transport = struct.pack(
        ">HHIIBBHHH", source_port, port, sequence, 0, 5 << 4, 0x10, 1000, checksum, 0
    )
    return ip(transport, protocol=TCP, total=40 + payload, **rest)


def udp(*, port=5201, source_port=40000, payload=b"", checksum=0, **rest):
    transport = struct.pack(">HHHH", source_port, port, 8 + len(payload), checksum) + payload
    return ip(transport, protocol=UDP, **rest)


def ping(sequence, **rest):
    """An echo request as long as that of ping: 98 bytes with the Ethernet header."""
    transport = struct.pack(">BBHHH", 8, 0, 0, 516, sequence) + bytes(56)
    return ip(transport, protocol=ICMP, **rest)


def record(time_ns, kind, packet, *, ethertype=0x0800):
    """A record of the capture: when (after the start), came or left, what."""
    cooked = struct.pack(">HHIHBB8x", ethertype, 0, 7, 1, kind, 6)
    data = (cooked + packet)[:SNAP_BYTES]
    seconds, rest = divmod(START_NS + time_ns, 1_000_000_000)
    return struct.pack("<IIII", seconds, rest, len(data), len(cooked + packet)) + data


def write_capture(path: Path, records, *, magic=0xA1B23C4D, link_type=276) -> Path:
    header = struct.pack("<IHHiIII", magic, 2, 4, 0, 0, SNAP_BYTES, link_type)
    path.write_bytes(header + b"".join(records))
    return path
