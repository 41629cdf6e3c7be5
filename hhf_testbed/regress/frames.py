# SPDX-License-Identifier: GPL-2.0-or-later
"""Frames to send: flows by number, and what is needed to ask about hashing.

Flow n is UDP from 10.1.x.y port n to 10.2.0.1 port 4096, x.y being n; conform has the same, so its
flow_hash gives the kernel's own hash of it. The first four bytes of the payload are the number of
the packet.
"""

import struct
from typing import Final

TO: Final = b"\x02hhf\x00\x02"
FROM: Final = b"\x02hhf\x00\x01"
ETHERNET_BYTES: Final = 14
TAG_AT: Final = 42
MIN_BYTES: Final = 60
UDP: Final = 17
TCP: Final = 6
DESTINATION: Final = bytes((10, 2, 0, 1))
DESTINATION_PORT: Final = 4096


def flow_frame(flow: int, len_bytes: int) -> bytearray:
    """Return a frame of a flow, with room for the packet's number at ``TAG_AT``."""
    source = bytes((10, 1)) + flow.to_bytes(2, "big")
    packet = ipv4(source, DESTINATION, udp(flow, DESTINATION_PORT, bytes(len_bytes - 42)))
    return bytearray(ethernet(0x0800, packet))


def ethernet(protocol: int, payload: bytes, *, to: bytes = TO) -> bytes:
    """Return a frame with this EtherType."""
    return to + FROM + protocol.to_bytes(2, "big") + payload


def vlan(identifier: int, frame: bytes) -> bytes:
    """Return the frame with an IEEE 802.1Q tag put in."""
    return frame[:12] + b"\x81\x00" + identifier.to_bytes(2, "big") + frame[12:]


def ipv4(
    source: bytes,
    destination: bytes,
    payload: bytes,
    *,
    protocol: int = UDP,
    identification: int = 0,
    fragment: int = 0,
    more_fragments: bool = False,
) -> bytes:
    """Return an IPv4 packet (RFC 791); ``fragment`` is the offset in units of 8 bytes."""
    flags = (0x2000 if more_fragments else 0) | fragment
    total = 20 + len(payload)
    head = struct.pack("!BBHHHBBH", 0x45, 0, total, identification, flags, 64, protocol, 0)
    return head + source + destination + payload


def ipv6(source: bytes, destination: bytes, payload: bytes, *, next_header: int = UDP,
         flow_label: int = 0) -> bytes:  # fmt: skip
    """Return an IPv6 packet (RFC 8200)."""
    head = struct.pack("!IHBB", 6 << 28 | flow_label, len(payload), next_header, 64)
    return head + source + destination + payload


def udp(source_port: int, destination_port: int, payload: bytes) -> bytes:
    """Return a UDP datagram without checksum."""
    return struct.pack("!HHHH", source_port, destination_port, 8 + len(payload), 0) + payload


def tcp(source_port: int, destination_port: int, payload: bytes) -> bytes:
    """Return a TCP segment with only the ACK flag."""
    ports = struct.pack("!HHII", source_port, destination_port, 1, 1)
    return ports + struct.pack("!BBHHH", 0x50, 0x10, 65535, 0, 0) + payload


def tag_of(frame: bytes) -> tuple[int, int] | None:
    """Return flow and number of a packet made by ``flow_frame``, None of any other."""
    if frame[:14] != TO + FROM + b"\x08\x00" or len(frame) < TAG_AT + 4 or frame[23] != UDP:
        return None
    return int.from_bytes(frame[34:36], "big"), int.from_bytes(frame[TAG_AT : TAG_AT + 4], "little")
