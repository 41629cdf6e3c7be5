# SPDX-License-Identifier: GPL-2.0-or-later
"""The dumbbell as a value: everything has a name and address of its own, and a way."""

from collections import Counter
from itertools import pairwise

import pytest

from hhf_testbed.topologies.dumbbell import ANYWHERE, dumbbell
from hhf_testbed.topologies.network import Network

IFNAMSIZ = 16  # include/uapi/linux/if.h, with the final zero
RTT_US = 10_000


@pytest.fixture(params=[(1, 0), (4, 1), (200, 200)], ids=str, scope="module")
def network(request: pytest.FixtureRequest) -> Network:
    bulk, short = request.param
    return dumbbell(bulk=bulk, short=short, rtt_us=RTT_US)


def test_every_address_mac_name_and_subnet_is_there_once(network: Network) -> None:
    ends = network.interfaces()
    for values in (
        [end.address.ip for end in ends],
        [end.mac for end in ends],
        [end.name for end in ends],
        [*network.hosts, *network.routers],
    ):
        assert max(Counter(values).values()) == 1
    subnets = sorted(link.left.address.network for link in network.links)
    assert all(not one.overlaps(next_) for one, next_ in pairwise(subnets))


def test_names_fit_into_the_kernels_interfaces(network: Network) -> None:
    assert max(len(end.name) for end in network.interfaces()) < IFNAMSIZ


def test_both_ends_of_a_link_are_in_its_subnet_and_neither_is_its_edge(network: Network) -> None:
    for link in network.links:
        subnet = link.left.address.network
        assert link.right.address.network == subnet
        assert {end.address.ip for end in link.ends()} == set(subnet.hosts())


def test_macs_are_local_and_meant_for_one_station(network: Network) -> None:
    assert all(int(end.mac[:2], 16) & 0b11 == 0b10 for end in network.interfaces())


def test_each_host_has_one_default_route_to_its_own_router(network: Network) -> None:
    routers = {end.address.ip: end.node for end in network.interfaces()}
    for host in network.hosts:
        ways = [route for route in network.routes if route.node == host]
        assert [way.prefix for way in ways] == [ANYWHERE]
        assert routers[ways[0].via] == ("left" if host[0].islower() else "right")


def test_the_routers_reach_the_other_side_through_the_bottleneck(network: Network) -> None:
    middle = network.links[0]
    ways = {route.node: route for route in network.routes if route.node in network.routers}
    assert ways["left"].via == middle.right.address.ip
    assert ways["right"].via == middle.left.address.ip
    for pair in (*network.bulk, *network.short, network.probe):
        assert pair.receiver_address in ways["left"].prefix
        assert pair.receiver_address in network.receivers_prefix
        assert pair.sender_address in ways["right"].prefix
        assert pair.sender_address not in network.receivers_prefix


def test_the_bottleneck_has_no_delay_and_each_way_has_the_rtt_once(network: Network) -> None:
    assert network.bottleneck.node == "left"
    assert network.bottleneck.delay_us == 0
    delayed = {end.name for end in network.interfaces() if end.delay_us}
    towards_senders = {link.left.name for link in network.links[1:] if link.right.node[0].islower()}
    assert delayed == towards_senders
    assert {end.delay_us for end in network.interfaces() if end.delay_us} == {RTT_US}


def test_each_sender_has_a_receiver_of_its_own(network: Network) -> None:
    pairs = (*network.bulk, *network.short, network.probe)
    assert [pair.receiver for pair in pairs] == [pair.sender.upper() for pair in pairs]
    nodes = [node for pair in pairs for node in (pair.sender, pair.receiver)]
    assert sorted(nodes) == sorted(network.hosts)
    where = {end.node: end.address.ip for end in network.interfaces()}
    for pair in pairs:
        assert (where[pair.sender], where[pair.receiver]) == (
            pair.sender_address,
            pair.receiver_address,
        )
