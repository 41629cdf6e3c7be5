# SPDX-License-Identifier: GPL-2.0-or-later
"""Gives each packet of a capture its flow, and each flow its name and class.

iperf3 uses one TCP connection for control and a second one (TCP or UDP) for the data of a test;
the first to appear at a server's port is the control connection. Its name ends in " control".
"""

import json
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

import numpy as np

from hhf_testbed.analysis.series import CLASSES, Ints
from hhf_testbed.errors import LabFailure
from hhf_testbed.measure.captures import ICMP, Capture

Server = tuple[int, int]
"""Address and port where a server of iperf3 listens."""
FiveTuple = tuple[int, int, int, int, int]
"""Protocol, source and target address, source and target port."""


@dataclass(frozen=True)
class Flow:
    """One flow: what HHF would find to have one hash."""

    name: str
    traffic: str
    five_tuple: FiveTuple

    @property
    def is_control(self) -> bool:
        """Whether it only carries iperf3's own messages."""
        return self.name.endswith(" control")


@dataclass(frozen=True)
class Flows:
    """All flows in order of appearance, and per packet the index of its flow."""

    flows: tuple[Flow, ...]
    of_packet: Ints

    @property
    def traffic_of_packet(self) -> Ints:
        """Per packet, the index of its class in ``CLASSES``."""
        classes = np.array([CLASSES.index(flow.traffic) for flow in self.flows], np.int64)
        return classes[self.of_packet]


def find_flows(capture: Capture, arrivals: Ints, servers: dict[Server, str]) -> Flows:
    """Name the flow of each arrival.

    Args:
        capture: the capture.
        arrivals: the records of it that are arrivals.
        servers: name of the test at each server, such as "short-0003".

    Raises:
        LabFailure: a packet belongs to no test and is no probe.
    """
    columns = _five_tuples(capture)[arrivals]
    found, first, inverse = np.unique(columns, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    flows: list[Flow] = []
    for protocol, source, target, source_port, target_port in found[order].tolist():
        five_tuple = (protocol, source, target, source_port, target_port)
        flows.append(_name(five_tuple, servers, [flow.name for flow in flows]))
    return Flows(tuple(flows), rank[inverse.ravel()])


def _five_tuples(capture: Capture) -> Ints:
    addresses = (capture.source, capture.target)
    ports = (capture.source_port, capture.target_port)
    return np.stack([capture.protocol, *addresses, *ports], axis=1)


def _name(five_tuple: FiveTuple, servers: dict[Server, str], taken: list[str]) -> Flow:
    protocol, source, target, source_port, target_port = five_tuple
    if protocol == ICMP:
        return Flow(_unused("probe", taken, five_tuple), "probe", five_tuple)
    # With iperf3 --reverse the server sends, else the client does.
    test = servers.get((target, target_port)) or servers.get((source, source_port))
    if test is None:
        raise LabFailure(f"the capture holds packets that nobody sent: {_shown(five_tuple)}")
    control = f"{test} control"
    is_control = control not in taken
    name = _unused(control if is_control else test, taken, five_tuple)
    return Flow(name, test.partition("-")[0], five_tuple)


def _unused(name: str, taken: list[str], five_tuple: FiveTuple) -> str:
    if name in taken:
        raise LabFailure(f"the capture holds one flow too many for {name}: {_shown(five_tuple)}")
    return name


def _shown(five_tuple: FiveTuple) -> str:
    protocol, source, target, source_port, target_port = five_tuple
    return (
        f"protocol {protocol}, from {IPv4Address(source)} port {source_port} "
        f"to {IPv4Address(target)} port {target_port}"
    )


def read_servers(directory: Path) -> dict[Server, str]:
    """Return the test at each server, from what iperf3's clients wrote into ``directory``.

    Raises:
        LabFailure: a client did not say whom it connected to.
    """
    servers: dict[Server, str] = {}
    for path in sorted(directory.glob("*.client.json")):
        try:
            to = json.loads(path.read_text())["start"]["connecting_to"]
            server = (int(IPv4Address(to["host"])), int(to["port"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise LabFailure(f"{path} does not say whom iperf3 connected to: {error!r}") from None
        servers[server] = path.name.removesuffix(".client.json")
    return servers
