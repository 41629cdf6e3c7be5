# SPDX-License-Identifier: GPL-2.0-or-later
"""A network as a value: nodes, interfaces, links and routes. Nothing here runs anything."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network


@dataclass(frozen=True)
class Interface:
    """One end of a link. ``delay_us`` delays what leaves through it (netem), in microseconds."""

    node: str
    name: str
    address: IPv4Interface
    mac: str
    delay_us: int = 0


@dataclass(frozen=True)
class Link:
    """A wire between two nodes, without delay or limit of its own."""

    left: Interface
    right: Interface

    def ends(self) -> tuple[Interface, Interface]:
        """Both interfaces."""
        return self.left, self.right


@dataclass(frozen=True)
class Route:
    """Packets of ``node`` to ``prefix`` go to the neighbour ``via``."""

    node: str
    prefix: IPv4Network
    via: IPv4Address


@dataclass(frozen=True)
class Pair:
    """A sender and the receiver that it sends to."""

    sender: str
    receiver: str
    sender_address: IPv4Address
    receiver_address: IPv4Address


@dataclass(frozen=True)
class Network:
    """All of it.

    Attributes:
        hosts: names of the end hosts.
        routers: names of the nodes that forward.
        links, routes: how they are connected.
        bottleneck: the interface whose outgoing packets pass the qdisc under test.
        receivers_prefix: where packets through the bottleneck go to.
        bulk, short, probe: who sends what to whom.
    """

    hosts: tuple[str, ...]
    routers: tuple[str, ...]
    links: tuple[Link, ...]
    routes: tuple[Route, ...]
    bottleneck: Interface
    receivers_prefix: IPv4Network
    bulk: tuple[Pair, ...]
    short: tuple[Pair, ...]
    probe: Pair

    def interfaces(self) -> list[Interface]:
        """Every interface of every node."""
        return [end for link in self.links for end in link.ends()]
