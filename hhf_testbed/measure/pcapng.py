# SPDX-License-Identifier: GPL-2.0-or-later
"""The container pcapng: blocks of many kinds, of which those with packets and interfaces are read.

Each block starts and ends with its length. Sections follow each other and may differ in byte order;
each has its own interfaces, and each interface its own link type and unit of time.

Reference: draft-ietf-opsawg-pcapng.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Final

from hhf_testbed.measure.records import MAX_CAPTURED_BYTES, PCAPNG_MAGIC, Place, Record

SECTION, INTERFACE, OLD_PACKET, SIMPLE_PACKET, PACKET = 0x0A0D0D0A, 1, 2, 3, 6
BYTE_ORDERS: Final = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
LEAST_BLOCK_BYTES, LEAST_SECTION_BYTES = 12, 28
MAX_BLOCK_BYTES: Final = 16 * MAX_CAPTURED_BYTES
PACKET_HEADER_BYTES: Final = 20
END_OF_OPTIONS, NAME, TIME_RESOLUTION, TIME_OFFSET = 0, 2, 9, 14
NS_PER_S: Final = 1_000_000_000
MICROSECONDS: Final = 1_000_000


@dataclass(frozen=True)
class Interface:
    """What was captured on: its link type, time stamps per second, their offset in seconds, and
    its name, which is its number in the section if it has none."""

    link_type: int
    per_s: int
    offset_s: int
    name: str


@dataclass
class Section:
    """What is known while a section is read: its byte order and its interfaces so far."""

    order: str
    interfaces: list[Interface] = field(default_factory=list)


def read(file: IO[bytes], place: Place) -> Iterator[Record]:
    """Yield the packets of a file of which the first four bytes have been read."""
    section = _section(file, place)
    while start := file.read(4):
        if start == PCAPNG_MAGIC:
            section = _section(file, place)
            continue
        kind, body = _block(file, start, section.order, place)
        if kind == INTERFACE:
            number = len(section.interfaces)
            section.interfaces.append(_interface(body, section.order, number, place))
        elif kind in (PACKET, OLD_PACKET):
            yield _packet(body, kind, section, place)
            place.number += 1
        elif kind == SIMPLE_PACKET:
            raise place.damaged("has no time (a Simple Packet Block), so it cannot be replayed")
        place.offset_bytes += len(body) + LEAST_BLOCK_BYTES


def _section(file: IO[bytes], place: Place) -> Section:
    """Read a Section Header Block, of which the kind has been read."""
    start = place.read(file, 8, "section header")
    order = BYTE_ORDERS.get(start[4:])
    if order is None:
        raise place.damaged(f"is damaged: no section has the byte order {start[4:].hex(' ')}")
    (length_bytes,) = struct.unpack(f"{order}I", start[:4])
    if not LEAST_SECTION_BYTES <= length_bytes <= MAX_BLOCK_BYTES:
        raise place.damaged(f"is damaged: its section header has {length_bytes} bytes")
    rest = place.read(file, length_bytes - LEAST_BLOCK_BYTES, "section header")
    _check_end(rest[-4:], length_bytes, order, place)
    place.offset_bytes += length_bytes
    return Section(order)


def _block(file: IO[bytes], start: bytes, order: str, place: Place) -> tuple[int, bytes]:
    """Read a block, of which up to four bytes have been read; return its kind and its body."""
    head = start + place.read(file, 8 - len(start), "block header")
    kind, length_bytes = struct.unpack(f"{order}II", head)
    if not LEAST_BLOCK_BYTES <= length_bytes <= MAX_BLOCK_BYTES or length_bytes % 4:
        raise place.damaged(
            f"is damaged: its block has {length_bytes} bytes; allowed are multiples of 4 from "
            f"{LEAST_BLOCK_BYTES} to {MAX_BLOCK_BYTES}"
        )
    rest = place.read(file, length_bytes - 8, "block")
    _check_end(rest[-4:], length_bytes, order, place)
    return kind, rest[:-4]


def _check_end(end: bytes, length_bytes: int, order: str, place: Place) -> None:
    (again_bytes,) = struct.unpack(f"{order}I", end)
    if again_bytes != length_bytes:
        raise place.damaged(
            f"is damaged: its block has {length_bytes} bytes by its start and {again_bytes} "
            "by its end"
        )


def _packet(body: bytes, kind: int, section: Section, place: Place) -> Record:
    if len(body) < PACKET_HEADER_BYTES:
        raise place.damaged(f"is damaged: a packet in a block of {len(body)} bytes")
    layout = "IIIII" if kind == PACKET else "HxxIIII"
    number, high, low, captured_bytes, wire_bytes = struct.unpack_from(section.order + layout, body)
    if number >= len(section.interfaces):
        raise place.damaged(f"is damaged: interface {number} has not been described")
    if captured_bytes > min(len(body) - PACKET_HEADER_BYTES, MAX_CAPTURED_BYTES):
        raise place.damaged(
            f"is damaged: {captured_bytes} bytes do not fit into a block of {len(body)}"
        )
    interface = section.interfaces[number]
    time_ns = (high << 32 | low) * NS_PER_S // interface.per_s + interface.offset_s * NS_PER_S
    octets = body[PACKET_HEADER_BYTES : PACKET_HEADER_BYTES + captured_bytes]
    return time_ns, interface.link_type, wire_bytes, octets, interface.name


def _interface(body: bytes, order: str, number: int, place: Place) -> Interface:
    if len(body) < 8:
        raise place.damaged(f"is damaged: an interface is described in {len(body)} bytes")
    (link_type,) = struct.unpack_from(f"{order}H", body)
    per_s, offset_s, name = MICROSECONDS, 0, str(number)
    at = 8
    while at + 4 <= len(body):
        code, length_bytes = struct.unpack_from(f"{order}HH", body, at)
        value = body[at + 4 : at + 4 + length_bytes]
        if code == NAME and value.strip(b"\0"):
            name = value.rstrip(b"\0").decode(errors="replace")
        elif code == TIME_RESOLUTION and len(value) == 1:
            # The highest bit tells whether it is a power of 2 or of 10.
            per_s = (2 if value[0] & 0x80 else 10) ** (value[0] & 0x7F)
        elif code == TIME_OFFSET and len(value) == 8:
            (offset_s,) = struct.unpack(f"{order}q", value)
        elif code == END_OF_OPTIONS:
            break
        at += 4 + (length_bytes + 3) // 4 * 4
    return Interface(link_type, per_s, offset_s, name)
