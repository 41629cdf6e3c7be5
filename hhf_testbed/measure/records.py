# SPDX-License-Identifier: GPL-2.0-or-later
"""Captures of others, one record after the other: pcap and pcapng of any length.

``captures`` reads the tap's own small files at once, by scapy. This one streams, and says of a file
that is cut off or damaged which record and which byte it is. scapy cannot: its readers take such a
record for the end of the file, and print a warning at most.

References: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from hhf_testbed.errors import LabFailure

Record = tuple[int, int, int, bytes, str]
"""Time (ns since 1970), link type, length on the wire (bytes), octets captured, and in pcapng the
interface: its name, or its number in the file if it has none. In pcap that is empty."""
MAX_CAPTURED_BYTES: Final = 1 << 20
"""No capture program writes longer records (libpcap: 262144); a longer one is damage."""
BUFFER_BYTES: Final = 1 << 20
PCAPNG_MAGIC: Final = b"\x0a\x0d\x0d\x0a"
COMPRESSED: Final = {
    b"\x1f\x8b": "gunzip",
    b"\x28\xb5\x2f\xfd": "unzstd",
    b"\xfd7zXZ": "unxz",
    b"BZh": "bunzip2",
}


class DamagedCapture(LabFailure):
    """The file cannot be read from some record on. All records before it are good."""


class Place:
    """Where in the file the reader is.

    Attributes:
        path: the file.
        number: of the record being read; the first is 0.
        offset_bytes: where that record starts in the file.
    """

    __slots__ = ("number", "offset_bytes", "path")

    def __init__(self, path: Path) -> None:
        self.path = path
        self.number = 0
        self.offset_bytes = 0

    def damaged(self, why: str) -> DamagedCapture:
        """Return the error that names the record and the byte."""
        return DamagedCapture(
            f"{self.path}: record {self.number} (the first is 0), "
            f"which starts at byte {self.offset_bytes}, {why}"
        )

    def read(self, file: IO[bytes], size_bytes: int, what: str) -> bytes:
        """Read so many bytes, or raise ``DamagedCapture``."""
        octets = file.read(size_bytes)
        if len(octets) < size_bytes:
            raise self.damaged(
                f"is cut off: its {what} has {size_bytes} bytes, of which {len(octets)} are there"
            )
        return octets


def read_records(path: Path, place: Place | None = None) -> Iterator[Record]:
    """Yield the records in the file's order; ``place`` tells where the last one was.

    Raises:
        LabFailure: there is no such file, or it is no capture.
        DamagedCapture: it is one, but cannot be read from some record on.
    """
    place = place or Place(path)
    try:
        with path.open("rb", buffering=BUFFER_BYTES) as file:
            magic = file.read(4)
            yield from _reader(file, magic, place)
    except OSError as error:
        raise LabFailure(f"{path} cannot be read: {error.strerror}") from None


def _reader(file: IO[bytes], magic: bytes, place: Place) -> Iterator[Record]:
    from hhf_testbed.measure import pcap, pcapng

    if magic in pcap.FORMATS:
        return pcap.read(file, magic, place)
    if magic == PCAPNG_MAGIC:
        return pcapng.read(file, place)
    for start, program in COMPRESSED.items():
        if magic.startswith(start[:4]):
            raise LabFailure(f"{place.path} is compressed; '{program}' makes a capture of it")
    if not magic:
        raise LabFailure(f"{place.path} is empty: it has 0 bytes")
    raise LabFailure(
        f"{place.path} is no capture: it starts with {magic.hex(' ')}; allowed are pcap and pcapng"
    )
