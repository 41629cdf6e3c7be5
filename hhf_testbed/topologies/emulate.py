# SPDX-License-Identifier: GPL-2.0-or-later
"""Brings a described network to life with Mininet, and checks that it is what was described.

Mininet makes the nodes and the wires; addresses, routes and neighbours are set through netlink,
because Mininet logs errors of its commands and goes on.
"""

import resource
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from mininet.cli import CLI
from mininet.link import Intf
from mininet.net import Mininet
from mininet.node import Host

from hhf_testbed.tc.delay import set_delay
from hhf_testbed.tc.namespace import Address, Neighbour, set_up
from hhf_testbed.tc.offloads import put_offloads_off
from hhf_testbed.topologies.network import Interface, Network

SYSCTLS = {
    "net.ipv4.conf.all.rp_filter": "0",
    "net.ipv6.conf.all.disable_ipv6": "1",  # no router solicitations among the measured packets
    "net.ipv6.conf.default.disable_ipv6": "1",
    "net.ipv4.tcp_no_metrics_save": "1",  # no flow starts with what an earlier one learnt
}
DESCRIPTORS, DESCRIPTORS_PER_NODE = 64, 16
"""Open files: three for a node, a few for each process of it that is being started."""

ROUTER_SYSCTLS = {"net.ipv4.ip_forward": "1"}


class SilentIntf(Intf):  # type: ignore[misc]
    """An interface that Mininet does not configure: it would start ifconfig four times for each."""

    def config(self, **_params: object) -> dict[str, object]:
        """Leave it as it was made."""
        return {}


class Emulation:
    """A running network.

    Attributes:
        network: its description.
        net: Mininet's object, for its prompt.
        commands: every command that shaped it, in order, fit for Mininet's prompt.
    """

    def __init__(self, network: Network, net: Mininet) -> None:
        self.network, self.net, self.commands = network, net, list[str]()

    def pid(self, node: str) -> int:
        """Process id of the node's shell, which names its network namespace."""
        return int(self.net.get(node).pid)

    def inside(self, node: str, argv: Sequence[str]) -> list[str]:
        """Return the argv that runs ``argv`` in the node's namespaces."""
        return ["mnexec", "-a", str(self.pid(node)), *argv]

    def note(self, node: str, commands: Sequence[str]) -> None:
        """Log commands that ran in a node."""
        self.commands += [f"{node} {command}" for command in commands]


@contextmanager
def emulated(network: Network, *, offloads: bool) -> Iterator[Emulation]:
    """Build the network, yield it, and take it down again whatever happened.

    Args:
        network: what to build.
        offloads: leave segmentation and receive offloads on; off is one packet per wire packet.

    Raises:
        LabFailure: something is not as described.
    """
    net = Mininet(controller=None, build=False)
    _limit_descriptors(len(network.hosts) + len(network.routers))
    try:
        _add(net, network)
        net.build()
        emulation = Emulation(network, net)
        _configure(emulation, offloads=offloads)
        yield emulation
    finally:
        # Not net.stop(): it deletes each wire by a command, which the nodes' end does at once.
        for node in net.hosts:
            node.terminate()


def _limit_descriptors(nodes: int) -> None:
    """Undo Mininet's limit of 16384 open files.

    mnexec closes every descriptor up to the limit, one call each, at the start of every node:
    with sixteen nodes that is most of a guest's time.
    """
    wanted = DESCRIPTORS + DESCRIPTORS_PER_NODE * nodes
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))


def _add(net: Mininet, network: Network) -> None:
    for name in (*network.hosts, *network.routers):
        net.addHost(name, cls=Host, ip=None)
    for link in network.links:
        left, right = link.ends()
        net.addLink(
            left.node, right.node, intf=SilentIntf,
            intfName1=left.name, intfName2=right.name, addr1=left.mac, addr2=right.mac,
        )  # fmt: skip


def _configure(emulation: Emulation, *, offloads: bool) -> None:
    network = emulation.network
    for node in (*network.hosts, *network.routers):
        router = node in network.routers
        emulation.note(
            node,
            set_up(
                emulation.pid(node),
                sysctls={**SYSCTLS, **(ROUTER_SYSCTLS if router else {})},
                addresses=[_address(end) for end in network.interfaces() if end.node == node],
                routes=[(str(r.prefix), str(r.via)) for r in network.routes if r.node == node],
                neighbours=_neighbours(network, node),
            ),
        )
    for end in network.interfaces():
        pid = emulation.pid(end.node)
        if not offloads:
            emulation.note(end.node, put_offloads_off(end.name, pid=pid))
        if end.delay_us:
            emulation.note(end.node, set_delay(end.name, end.delay_us, pid=pid))


def _address(end: Interface) -> Address:
    return Address(end.name, str(end.address.ip), end.address.network.prefixlen, end.mac)


def _neighbours(network: Network, node: str) -> list[Neighbour]:
    """Return whom a node can reach directly; ARP packets would pass the qdisc under test."""
    return [
        Neighbour(here.name, str(there.address.ip), there.mac)
        for link in network.links
        for here, there in (link.ends(), link.ends()[::-1])
        if here.node == node
    ]


def prompt(emulation: Emulation) -> None:
    """Give the terminal to Mininet's own prompt until it is left."""
    CLI(emulation.net)
