# SPDX-License-Identifier: GPL-2.0-or-later
"""The container pcap: a header of 24 bytes, then per packet a header of 16 bytes and its octets.

Reference: draft-ietf-opsawg-pcap.
"""

import struct
from collections.abc import Iterator
from typing import IO, Final

from hhf_testbed.measure.records import MAX_CAPTURED_BYTES, Place, Record

FORMATS: Final = {
    b"\xd4\xc3\xb2\xa1": ("<", 1000),
    b"\xa1\xb2\xc3\xd4": (">", 1000),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
    b"\xa1\xb2\x3c\x4d": (">", 1),
}
"""Magic number: byte order, and nanoseconds in the unit of the time stamps' second half."""
FILE_HEADER_BYTES, HEADER_BYTES = 24, 16
LINK_TYPE_MASK: Final = 0x0FFF_FFFF  # the rest tells of a frame check sequence
NS_PER_S: Final = 1_000_000_000


def read(file: IO[bytes], magic: bytes, place: Place) -> Iterator[Record]:
    """Yield the records of a file of which the magic number has been read."""
    order, unit_ns = FORMATS[magic]
    rest = place.read(file, FILE_HEADER_BYTES - len(magic), "file header")
    link_type = struct.unpack(f"{order}HHiIII", rest)[5] & LINK_TYPE_MASK
    header = struct.Struct(f"{order}IIII")
    place.offset_bytes = FILE_HEADER_BYTES
    while start := file.read(HEADER_BYTES):
        if len(start) < HEADER_BYTES:
            raise place.damaged(f"is cut off: its header has 16 bytes, {len(start)} are there")
        seconds, units, captured_bytes, wire_bytes = header.unpack(start)
        if captured_bytes > MAX_CAPTURED_BYTES or units * unit_ns >= NS_PER_S:
            raise _implausible(place, captured_bytes, units * unit_ns)
        octets = file.read(captured_bytes)
        if len(octets) < captured_bytes:
            raise place.damaged(
                f"is cut off: its packet has {captured_bytes} bytes, {len(octets)} are there"
            )
        yield seconds * NS_PER_S + units * unit_ns, link_type, wire_bytes, octets, ""
        place.number += 1
        place.offset_bytes += HEADER_BYTES + captured_bytes


def _implausible(place: Place, captured_bytes: int, below_second_ns: int) -> Exception:
    if captured_bytes > MAX_CAPTURED_BYTES:
        return place.damaged(
            f"is damaged: it says it has {captured_bytes} bytes; allowed is up to "
            f"{MAX_CAPTURED_BYTES}"
        )
    return place.damaged(
        f"is damaged: its time is {below_second_ns} ns past the second; allowed is below {NS_PER_S}"
    )
