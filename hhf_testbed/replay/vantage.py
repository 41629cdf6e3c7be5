# SPDX-License-Identifier: GPL-2.0-or-later
"""Which packets of a capture are meant: those that were seen at one place, in one direction.

A capture of ``any`` on a router has each forwarded packet twice, when it came in and when it went
out; a bridge or a VLAN adds more. The cooked headers tell (linux/if_packet.h, the draft
ietf-opsawg-pcaplinktype): both have the packet type, of which PACKET_OUTGOING is 4, and SLL2 has
the number of the interface as well. In pcapng each packet belongs to a described interface.

A qdisc works where packets go out. So, if nothing else is asked for and there is a choice, what
counts is what went out by the interface by which most bytes did.
"""

from dataclasses import dataclass, field
from typing import Final

from hhf_testbed.errors import RequestError
from hhf_testbed.measure.headers import LINUX_SLL, LINUX_SLL2
from hhf_testbed.measure.records import Record

DIRECTIONS: Final = ("out", "in", "both")
PACKET_OUTGOING: Final = 4
SLL_BYTES, SLL2_BYTES = 16, 20
MAX_PLACES: Final = 1000
"""Told apart; a damaged file may seem to have more."""
LISTED_PLACES: Final = 10

Place = tuple[str, str]
"""Interface, and direction: "out", "in", or "" where the file does not tell."""
NOWHERE: Final[Place] = ("", "")
"""Where all packets of a pcap were seen whose link type tells nothing."""


def place_of(record: Record) -> Place:
    """Return where a packet was seen."""
    _, link_type, _, octets, interface = record
    if link_type == LINUX_SLL2 and len(octets) >= SLL2_BYTES:
        number = int.from_bytes(octets[4:8], "big")
        return str(number), "out" if octets[10] == PACKET_OUTGOING else "in"
    if link_type == LINUX_SLL and len(octets) >= SLL_BYTES:
        return interface, "out" if octets[0] << 8 | octets[1] == PACKET_OUTGOING else "in"
    return interface, ""


@dataclass(frozen=True)
class Vantage:
    """What is asked for; None where anything will do.

    Raises:
        RequestError: the direction is none of ``DIRECTIONS``.
    """

    interface: str | None = None
    direction: str | None = None

    def __post_init__(self) -> None:
        if self.direction not in (None, *DIRECTIONS):
            raise RequestError(
                f"direction is {self.direction!r}; allowed are {', '.join(DIRECTIONS)}"
            )

    @property
    def settled(self) -> bool:
        """Whether it names one interface, or none on purpose."""
        return self.interface is not None or self.direction in ("in", "both")

    def takes(self, place: Place) -> bool:
        """Tell whether a packet seen there is meant."""
        interface, direction = place
        if self.interface is not None and interface != self.interface:
            return False
        if self.direction is None:  # with an interface: what went out, or all if nobody knows
            return self.interface is None or direction != "in"
        return self.direction in ("both", direction)

    def __str__(self) -> str:
        where = "any interface" if self.interface is None else _name(self.interface)
        words = {"out": "what went out by", "in": "what came in by"}
        return f"{words.get(self.direction or '', 'what was seen at')} {where}"


@dataclass
class Places:
    """Packets and bytes per place; ``others`` are packets of places past the bound."""

    seen: dict[Place, list[int]] = field(default_factory=dict)
    others: int = 0

    def count(self, place: Place, wire_bytes: int) -> None:
        """Count a packet."""
        found = self.seen.get(place)
        if found is None:
            if len(self.seen) >= MAX_PLACES:
                self.others += 1
                return
            found = self.seen[place] = [0, 0]
        found[0] += 1
        found[1] += wire_bytes

    def choose(self, asked: Vantage) -> Vantage:
        """Return what was asked for, with the interface that is meant if none was named.

        It is the one by which most bytes went out; if nothing went out, all that came in is
        meant; if the file does not tell, the interface with most bytes.
        """
        if asked.settled or len(self.seen) <= 1:
            return asked
        by_bytes = {direction: self._most(direction) for direction in ("out", "in", "")}
        if by_bytes["out"] is not None or asked.direction:
            return Vantage(by_bytes["out"], "out")
        if by_bytes["in"] is not None:
            return Vantage(None, "in")
        return Vantage(by_bytes[""], None)

    def _most(self, direction: str) -> str | None:
        found = {place: count for place, count in self.seen.items() if place[1] == direction}
        return max(found, key=lambda place: found[place][1])[0] if found else None

    def __str__(self) -> str:
        ranked = sorted(self.seen.items(), key=lambda item: -item[1][1])
        said = [_said(place, *counts) for place, counts in ranked[:LISTED_PLACES]]
        more = len(ranked) - LISTED_PLACES
        return "; ".join([*said, f"{more} more"] if more > 0 else said)

    def to_json(self) -> list[dict[str, str | int | None]]:
        """Return one object per place."""
        return [
            {"interface": place[0], "direction": place[1] or None, "packets": n, "bytes": size}
            for place, (n, size) in self.seen.items()
        ]


def _said(place: Place, packets: int, size_bytes: int) -> str:
    interface, direction = place
    words = {"out": "out by", "in": "in by", "": "at"}[direction]
    return f"{packets:,} packets ({size_bytes:,} bytes) {words} {_name(interface)}"


def _name(interface: str) -> str:
    return f"interface {interface}" if interface else "the one interface"
