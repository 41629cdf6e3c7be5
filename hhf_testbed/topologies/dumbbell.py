# SPDX-License-Identifier: GPL-2.0-or-later
"""The dumbbell: senders on the left, receivers on the right, one bottleneck between two routers.

    b1 ─┐                                                  ┌─ B1      bulk
    b2 ─┤                                                  ├─ B2
    s1 ─┼── left ══ left-eth0: HTB + qdisc under test ══ right ─┼─ S1      short flows
    p1 ─┘                                                  └─ P1      RTT probe

The whole round-trip delay sits on the left router's interfaces towards the senders, so it delays
what comes back to them. Rate and delay are on different interfaces because netem below HTB spoils
both, and what arrives at the bottleneck is as the senders sent it.
"""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from itertools import count

from hhf_testbed.topologies.network import Interface, Link, Network, Pair, Route

SENDERS = IPv4Network("10.1.0.0/16")
RECEIVERS = IPv4Network("10.2.0.0/16")
MIDDLE = IPv4Network("10.0.0.0/30")
ANYWHERE = IPv4Network("0.0.0.0/0")


def dumbbell(*, bulk: int, short: int, rtt_us: int) -> Network:
    """Describe a dumbbell with one probe and so many bulk and short-flow senders.

    Args:
        bulk: number of bulk senders, each with a receiver of its own.
        short: number of short-flow senders, likewise.
        rtt_us: round-trip time of an idle path, microseconds.
    """
    names = [*_numbered("b", bulk), *_numbered("s", short), "p1"]
    macs = _macs()
    middle = _link(MIDDLE, ("left", 0, 0), ("right", 0, 0), macs)
    links, routes, pairs = [middle], [], {}
    for port, name in enumerate(names, 1):
        near = _link(_subnet(SENDERS, port), ("left", port, rtt_us), (name, 0, 0), macs)
        far = _link(_subnet(RECEIVERS, port), ("right", port, 0), (name.upper(), 0, 0), macs)
        links += [near, far]
        for access in near, far:
            routes.append(Route(access.right.node, ANYWHERE, access.left.address.ip))
        pairs[name] = Pair(name, name.upper(), near.right.address.ip, far.right.address.ip)
    routes.append(Route("left", RECEIVERS, middle.right.address.ip))
    routes.append(Route("right", SENDERS, middle.left.address.ip))
    return Network(
        hosts=(*names, *(name.upper() for name in names)),
        routers=("left", "right"),
        links=tuple(links),
        routes=tuple(routes),
        bottleneck=middle.left,
        receivers_prefix=RECEIVERS,
        bulk=tuple(pairs[name] for name in _numbered("b", bulk)),
        short=tuple(pairs[name] for name in _numbered("s", short)),
        probe=pairs["p1"],
    )


def _numbered(letter: str, number: int) -> list[str]:
    return [f"{letter}{i}" for i in range(1, number + 1)]


def _macs() -> Iterator[str]:
    for number in count(1):
        yield "02:" + ":".join(f"{byte:02x}" for byte in number.to_bytes(5, "big"))


def _subnet(network: IPv4Network, number: int) -> IPv4Network:
    """Return a network's /30 of that number: first the router's address, then the host's."""
    return IPv4Network((int(network.network_address) + 4 * number, 30))


def _link(
    subnet: IPv4Network,
    left: tuple[str, int, int],
    right: tuple[str, int, int],
    macs: Iterator[str],
) -> Link:
    ends = [
        Interface(node, f"{node}-eth{port}", _address(subnet, place), next(macs), delay_us)
        for place, (node, port, delay_us) in enumerate((left, right), 1)
    ]
    return Link(ends[0], ends[1])


def _address(subnet: IPv4Network, place: int) -> IPv4Interface:
    return IPv4Interface((IPv4Address(int(subnet.network_address) + place), subnet.prefixlen))
