# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads the tap's capture: every packet as it came to the bottleneck, and again as it left.

The file holds cooked headers (SLL2) and IPv4. scapy splits it into records; their headers are then
decoded by columns, for all records at once.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scapy.error import Scapy_Exception
from scapy.utils import RawPcapReader

from hhf_testbed.errors import LabFailure

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Octets = NDArray[np.uint8]

ICMP, TCP, UDP = 1, 6, 17
LINUX_SLL2: Final = 276
PACKET_OUTGOING: Final = 4
"""The packet type of what leaves; what comes in from a sender has 0 (linux/if_packet.h)."""
ETHERNET_BYTES: Final = 14
"""What the qdisc counts on top of the IP packet: no frame check sequence (hhf-facts, 7.6)."""
FILE_HEADER_BYTES, RECORD_HEADER_BYTES = 24, 16
SLL2_BYTES, IP_BYTES, TCP_BYTES = 20, 20, 20
TRANSPORT: Final = SLL2_BYTES + IP_BYTES
LEAST_BYTES: Final = TRANSPORT + 8
"""What each record must hold: the ports of TCP and UDP, or the number of an ICMP echo."""
CHANGES_ON_THE_WAY: Final = (1, 8, 10, 11)
"""Octets of the IP header: ECN (a qdisc may mark it), time to live, checksum."""
CHECKSUM_AT: Final = {ICMP: 2, TCP: 16, UDP: 6}
"""A device without checksum offload fills in the checksum on the way, so it is not compared."""


@dataclass(frozen=True)
class Capture:
    """The records of a capture in the kernel's order: one element per record in each array.

    Attributes:
        time_ns: CLOCK_REALTIME.
        leaving: it left through the bottleneck; else it came in from a sender.
        len_bytes: IP packet with its Ethernet header, as the qdisc counts it (offloads off).
        source, target: IPv4 addresses as numbers.
        source_port, target_port: 0 where the protocol has none.
        sequence: TCP sequence number of its first octet, or number of an ICMP echo; else 0.
        payload_bytes: of TCP; 0 for all others.
        identity: what does not change on the way; the same for the same packet.
    """

    time_ns: Ints
    leaving: Bools
    len_bytes: Ints
    protocol: Ints
    source: Ints
    target: Ints
    source_port: Ints
    target_port: Ints
    sequence: Ints
    payload_bytes: Ints
    identity: list[bytes]


def read_capture(path: Path) -> Capture:
    """Read a whole capture.

    Raises:
        LabFailure: there is no such file, it is not the tap's, or it is cut off or damaged; the
            text says how many records could be read.
    """
    times_ns, packets = _records(path)
    width = max([TRANSPORT + TCP_BYTES, *map(len, packets)])
    lengths = np.fromiter(map(len, packets), np.int64, len(packets))
    octets = b"".join([packet.ljust(width, b"\0") for packet in packets])
    table = np.frombuffer(octets, np.uint8).reshape(-1, width)
    _check(path, table, lengths)
    return _decode(np.array(times_ns, np.int64), table)


def _records(path: Path) -> tuple[list[int], list[bytes]]:
    times_ns: list[int] = []
    packets: list[bytes] = []
    end = FILE_HEADER_BYTES
    try:
        with path.open("rb") as file:
            for packet, about in _reader(path, file):
                times_ns.append(about.sec * 1_000_000_000 + about.usec)
                packets.append(packet)
                end += RECORD_HEADER_BYTES + about.caplen
            size_bytes = path.stat().st_size
    except OSError as error:
        raise LabFailure(f"{path} cannot be read: {error.strerror}") from None
    # scapy takes a record that is cut off for the end of the file, or gives a part of it.
    if end != size_bytes or not packets:
        raise LabFailure(
            f"{path} is empty, cut off or damaged: {len(packets)} records were read, which take "
            f"{end} octets with the file's header; the file has {size_bytes}"
        )
    return times_ns, packets


def _reader(path: Path, file: Any) -> Any:
    try:
        reader = RawPcapReader(file)
    except (Scapy_Exception, EOFError) as error:
        raise LabFailure(f"{path} is no capture, 0 records were read: {error}") from None
    if not getattr(reader, "nano", False) or reader.linktype != LINUX_SLL2:
        raise LabFailure(
            f"{path} is not the tap's capture: allowed is pcap with nanoseconds and link type "
            f"{LINUX_SLL2} (LINUX_SLL2)"
        )
    return reader


def _check(path: Path, table: Octets, lengths: Ints) -> None:
    """Check that each record is what the decoder takes it for."""
    ipv4 = (table[:, 0] == 8) & (table[:, 1] == 0) & (table[:, SLL2_BYTES] == 0x45)
    fragment = _number(table, SLL2_BYTES + 6, 2) & 0x3FFF
    protocol = table[:, SLL2_BYTES + 9]
    least = np.where(protocol == TCP, TRANSPORT + TCP_BYTES, LEAST_BYTES)
    kinds = {
        "not IPv4 without options": ~ipv4,
        "a fragment": fragment != 0,
        "neither TCP, UDP nor ICMP": ~np.isin(protocol, (ICMP, TCP, UDP)),
        "cut off within its headers": lengths < least,
    }
    for what, found in kinds.items():
        if found.any():
            raise LabFailure(
                f"{path}: record {int(found.argmax())} of {len(table)} (the first is 0) is {what}"
            )


def _decode(time_ns: Ints, table: Octets) -> Capture:
    protocol = table[:, SLL2_BYTES + 9].astype(np.int64)
    tcp, echo = protocol == TCP, protocol == ICMP
    total_bytes = _number(table, SLL2_BYTES + 2, 2)
    header_bytes = _number(table, TRANSPORT + 12, 1) // 16 * 4
    sequence = np.where(tcp, _number(table, TRANSPORT + 4, 4), 0)
    return Capture(
        time_ns=time_ns,
        leaving=table[:, 10] == PACKET_OUTGOING,
        len_bytes=total_bytes + ETHERNET_BYTES,
        protocol=protocol,
        source=_number(table, SLL2_BYTES + 12, 4),
        target=_number(table, SLL2_BYTES + 16, 4),
        source_port=np.where(echo, 0, _number(table, TRANSPORT, 2)),
        target_port=np.where(echo, 0, _number(table, TRANSPORT + 2, 2)),
        sequence=np.where(echo, _number(table, TRANSPORT + 6, 2), sequence),
        payload_bytes=np.where(tcp, total_bytes - IP_BYTES - header_bytes, 0),
        identity=_identities(table, protocol),
    )


def _identities(table: Octets, protocol: Ints) -> list[bytes]:
    """Return each IP packet, as far as it was captured, without what changes on the way."""
    packets = table[:, SLL2_BYTES:].copy()
    packets[:, CHANGES_ON_THE_WAY] = 0
    for number, place in CHECKSUM_AT.items():
        packets[protocol == number, IP_BYTES + place : IP_BYTES + place + 2] = 0
    width = packets.shape[1]
    octets = packets.tobytes()
    return [octets[start : start + width] for start in range(0, len(octets), width)]


def _number(table: Octets, start: int, width: int) -> Ints:
    """Return the big-endian numbers in some columns."""
    number = np.zeros(len(table), np.int64)
    for column in range(start, start + width):
        number = number << 8 | table[:, column]
    return number
