# SPDX-License-Identifier: GPL-2.0-or-later
"""Captures made octet by octet, as pcap and as pcapng. Times in ns since ``START_NS``."""

import struct
from ipaddress import ip_address
from pathlib import Path

START_NS = 1_700_000_000_000_000_000
ETHERNET = 1
MAC = bytes(12)
A, B, C = "10.0.0.1", "10.0.0.2", "10.0.0.3"
A6, B6 = "fd00::1", "fd00::2"


def ipv4(source=A, target=B, *, protocol=17, inside=b"", fragment=0):
    addresses = ip_address(source).packed + ip_address(target).packed
    return struct.pack(">BBHHHBBH", 0x45, 0, 0, 0, fragment, 64, protocol, 0) + addresses + inside


def ipv6(source=A6, target=B6, *, protocol=17, inside=b"", label=0):
    addresses = ip_address(source).packed + ip_address(target).packed
    return struct.pack(">IHBB", 6 << 28 | label, 0, protocol, 64) + addresses + inside


def ports(source=4000, target=5000):
    return struct.pack(">HHI", source, target, 0)


def udp(source=A, target=B, source_port=4000, target_port=5000):
    return ipv4(source, target, inside=ports(source_port, target_port))


def ethernet(inside, ethertype=0x0800):
    return MAC + ethertype.to_bytes(2, "big") + inside


def sll(inside, *, out):
    """A Linux cooked header, version 1."""
    return struct.pack(">HHH8sH", 4 if out else 0, 1, 6, bytes(8), 0x0800) + inside


def sll2(inside, *, out, interface):
    """A Linux cooked header, version 2."""
    return struct.pack(">HHIHBB8s", 0x0800, 0, interface, 1, 4 if out else 0, 6, bytes(8)) + inside


def packet(time_ns, octets=None, wire_bytes=1514):
    """When it came, what was captured of it, how long it was."""
    octets = ethernet(udp()) if octets is None else octets
    return time_ns, octets, max(wire_bytes, len(octets))


def pcap(packets, *, link_type=ETHERNET, order="<", nano=True):
    unit, magic = (1, 0xA1B23C4D) if nano else (1000, 0xA1B2C3D4)
    parts = [struct.pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, 65535, link_type)]
    for time_ns, octets, wire_bytes in packets:
        seconds, rest = divmod(START_NS + time_ns, 1_000_000_000)
        parts.append(struct.pack(f"{order}IIII", seconds, rest // unit, len(octets), wire_bytes))
        parts.append(octets)
    return b"".join(parts)


def block(kind, body, order="<"):
    body += bytes(-len(body) % 4)
    size = struct.pack(f"{order}I", len(body) + 12)
    return struct.pack(f"{order}I", kind) + size + body + size


def section(order="<"):
    return block(0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def interface(link_type=ETHERNET, order="<", resolution=9, name=b""):
    option = struct.pack(f"{order}HHB3x", 9, 1, resolution)
    if name:
        option += struct.pack(f"{order}HH", 2, len(name)) + name + bytes(-len(name) % 4)
    option += struct.pack(f"{order}HH", 0, 0)
    return block(1, struct.pack(f"{order}HHI", link_type, 0, 65535) + option, order)


def enhanced(time_ns, octets, wire_bytes, order="<", number=0):
    stamp = START_NS + time_ns
    head = struct.pack(
        f"{order}IIIII", number, stamp >> 32, stamp & 0xFFFFFFFF, len(octets), wire_bytes
    )
    return block(6, head + octets, order)


def pcapng(packets, *, link_type=ETHERNET, order="<"):
    head = section(order) + interface(link_type, order)
    return head + b"".join(enhanced(*each, order=order) for each in packets)


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path
