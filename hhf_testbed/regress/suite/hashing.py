# SPDX-License-Identifier: GPL-2.0-or-later
"""What is one flow?

The kernel's flow dissector decides (``___skb_get_hash``, ``__skb_flow_dissect``), keyed with a
secret of the qdisc (``skb_get_hash_perturb``). Frames of 1000 bytes are one flow if together they
are more than admit_bytes, and flows apart if they are not. False alarm: two flows share their hash,
2^-32 for each pair, here 3e-8 for all of them.
"""

import socket
import struct
from collections.abc import Sequence

from hhf_testbed.conform import netlink
from hhf_testbed.regress.claim import claim
from hhf_testbed.regress.crowd import FLOWS, Crowd, crowd_of
from hhf_testbed.regress.expect import Refuted, equal, true
from hhf_testbed.regress.frames import (
    ETHERNET_BYTES,
    TCP,
    ethernet,
    ipv4,
    ipv6,
    tcp,
    udp,
    vlan,
)
from hhf_testbed.regress.queue import Queue
from hhf_testbed.regress.rig import Rig

LONG_US = 10_000_000
"""A reset timeout that does not end within a claim."""
L_BYTES = 1000
ETH_P_IP, ETH_P_IPV6, ETH_P_ARP, ETH_P_LOCAL1 = 0x0800, 0x86DD, 0x0806, 0x88B5
IPPROTO_IPIP, IPPROTO_GRE = 4, 47
HERE, THERE = bytes((10, 1, 0, 1)), bytes((10, 2, 0, 1))
HERE6, THERE6 = b"\xfd" + bytes(14) + b"\x01", b"\xfd" + bytes(14) + b"\x02"
SO_BINDTODEVICE = 25
IFLA_LINK, IFLA_INFO_DATA, IFLA_VLAN_ID = 5, 2, 1


def _padded(frame: bytes) -> bytes:
    return frame.ljust(L_BYTES, b"\0")


def _udp4(
    source: bytes = HERE, destination: bytes = THERE, ports: tuple[int, int] = (1000, 2000)
) -> bytes:
    return _padded(ethernet(ETH_P_IP, ipv4(source, destination, udp(*ports, bytes(900)))))


def _udp6(
    source: bytes = HERE6,
    destination: bytes = THERE6,
    ports: tuple[int, int] = (1000, 2000),
    flow_label: int = 0,
) -> bytes:
    packet = ipv6(source, destination, udp(*ports, bytes(900)), flow_label=flow_label)
    return _padded(ethernet(ETH_P_IPV6, packet))


def _captured(rig: Rig, frames: Sequence[bytes], admit_bytes: int) -> int:
    queue = rig.hhf(parent="root", admit_bytes=admit_bytes, reset_timeout_us=LONG_US)
    for frame in frames:
        equal("frame length", len(frame), L_BYTES)
        equal("errno of sending", queue.send_frame(frame), [0])
    return int(queue.counts().hh_tot_count)


def _are_one_flow(rig: Rig, what: str, *frames: bytes) -> None:
    """Raise Refuted unless all frames are one flow: only so is the last one captured."""
    equal(f"{what}: one flow", _captured(rig, frames, L_BYTES * len(frames) - 1) == 1, True)


def _are_apart(rig: Rig, what: str, *frames: bytes) -> None:
    """Raise Refuted unless no two frames are one flow: two would be 2000 > 1999 bytes."""
    equal(f"{what}: flows of more than one frame", _captured(rig, frames, 2 * L_BYTES - 1), 0)


@claim()
def a_flow_is_a_5_tuple(rig: Rig) -> None:
    """Frames that differ in address, port or protocol are different flows."""
    _are_apart(
        rig, "a frame, and one with another source, destination, either port, protocol",
        _udp4(),
        _udp4(source=bytes((10, 1, 0, 2))),
        _udp4(destination=bytes((10, 2, 0, 2))),
        _udp4(ports=(1001, 2000)),
        _udp4(ports=(1000, 2001)),
        _padded(ethernet(ETH_P_IP, ipv4(HERE, THERE, tcp(1000, 2000, bytes(900)), protocol=TCP))),
    )  # fmt: skip


@claim()
def nothing_else_makes_a_flow(rig: Rig) -> None:
    """Frames of one 5-tuple are one flow, whatever their payload, MAC or IP identification."""
    other = ipv4(HERE, THERE, udp(1000, 2000, b"x" * 700), identification=77)
    _are_one_flow(
        rig, "frames of one 5-tuple",
        _udp4(),
        _padded(ethernet(ETH_P_IP, other)),
        _padded(ethernet(ETH_P_IP, other, to=b"\x02other")),
    )  # fmt: skip


@claim()
def tcp_is_told_apart_by_its_ports(rig: Rig) -> None:
    """TCP segments are one flow if both ports are the same, else not."""

    def frame(source_port: int, destination_port: int) -> bytes:
        segment = tcp(source_port, destination_port, bytes(900))
        return _padded(ethernet(ETH_P_IP, ipv4(HERE, THERE, segment, protocol=TCP)))

    _are_one_flow(rig, "one connection", frame(1000, 80), frame(1000, 80))
    _are_apart(rig, "three", frame(1000, 80), frame(1001, 80), frame(1000, 81))


@claim(needs="hash_dissected")
def both_directions_are_one_flow(rig: Rig) -> None:
    """A packet and the answer to it are one flow (``__flow_hash_consistentify``), IPv6 too."""
    _are_one_flow(rig, "IPv4, there and back", _udp4(), _udp4(THERE, HERE, (2000, 1000)))
    _are_one_flow(rig, "IPv6, there and back", _udp6(), _udp6(THERE6, HERE6, (2000, 1000)))


@claim(needs="hash_dissected")
def a_socket_is_not_a_flow(rig: Rig) -> None:
    """One UDP socket that sends to 20 destinations in turn is 20 flows.

    Each destination gets three datagrams of 1042 bytes with headers, 3126 together, all of them
    62520; admit_bytes is 5000. Then two more to one destination: 5210, it is heavy (control).
    """
    queue = rig.hhf(admit_bytes=5000, reset_timeout_us=LONG_US)
    with _udp_socket(queue.name) as sender:
        for _ in range(3):
            for last in range(1, 21):
                sender.sendto(bytes(L_BYTES), (f"10.2.0.{last}", 5000 + last))
        seen = queue.counts()
        equal("bytes in the queue", seen.backlog_bytes, 60 * (L_BYTES + 42))
        equal("captured, 20 destinations", seen.hh_tot_count, 0)
        for _ in range(2):
            sender.sendto(bytes(L_BYTES), ("10.2.0.1", 5001))
    equal("captured, one destination", queue.counts().hh_tot_count, 1)


def _udp_socket(name: str) -> socket.socket:
    """Return a socket that sends through this interface, which needs no address and no route."""
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, SO_BINDTODEVICE, name.encode())
    return made


@claim()
def an_ipv6_flow_is_a_5_tuple_too(rig: Rig) -> None:
    """IPv6 frames without flow label are told apart by addresses and ports."""
    _are_one_flow(rig, "one 5-tuple", _udp6(), _udp6())
    _are_apart(
        rig, "a frame, and one with another source, destination, either port",
        _udp6(),
        _udp6(source=b"\xfd" + bytes(14) + b"\x03"),
        _udp6(destination=b"\xfd" + bytes(14) + b"\x04"),
        _udp6(ports=(1001, 2000)),
        _udp6(ports=(1000, 2001)),
    )  # fmt: skip


@claim(needs="hash_dissected")
def an_ipv6_flow_label_stands_for_the_ports(rig: Rig) -> None:
    """With an IPv6 flow label, the label and not the ports tell flows apart.

    ``___skb_get_hash`` dissects with FLOW_DISSECTOR_F_STOP_AT_FLOW_LABEL.
    """
    _are_one_flow(rig, "one label, other ports", _udp6(flow_label=5),
                  _udp6(flow_label=5, ports=(7, 8)))  # fmt: skip
    _are_apart(rig, "same 5-tuple, other label", _udp6(), _udp6(flow_label=5), _udp6(flow_label=6))


@claim(needs="hash_dissected")
def vlan_tags_hide_no_flow(rig: Rig) -> None:
    """Within a VLAN flows are told apart by 5-tuple, and those of two VLANs are apart.

    Sent by UDP sockets on VLAN interfaces on top of hhf's. The tag is beside the packet, not in it,
    so 958 bytes of payload are L = 1000.
    """
    for what, captured, sent in (
        ("one 5-tuple in one VLAN", 1, [(5, 2000), (5, 2000)]),
        ("two ports in one VLAN", 0, [(5, 2000), (5, 2001)]),
        ("one 5-tuple in two VLANs", 0, [(5, 2000), (6, 2000)]),
        ("one 5-tuple, without tag and in a VLAN", 0, [(0, 2000), (5, 2000)]),
    ):
        queue = rig.hhf(parent="root", admit_bytes=2 * L_BYTES - 1, reset_timeout_us=LONG_US)
        names = {0: queue.name} | {tag: _add_vlan(rig, queue, tag) for tag in (5, 6)}
        for tag, port in sent:
            with _udp_socket(names[tag]) as sender:
                sender.bind(("0.0.0.0", 1000))
                sender.sendto(bytes(L_BYTES - 42), ("10.2.0.1", port))
        equal("bytes sent", queue.counts().sent_bytes, 2 * L_BYTES)
        equal(f"captured, {what}", queue.counts().hh_tot_count, captured)


def _add_vlan(rig: Rig, queue: Queue, tag: int) -> str:
    """Make a VLAN interface on top of the queue's, with which it goes; return its name."""
    name = f"{queue.name}.{tag}"
    data = netlink.attribute(IFLA_VLAN_ID, tag.to_bytes(2, "little"))
    kind = netlink.attribute(netlink.IFLA_INFO_KIND, b"vlan\0")
    body = (
        struct.pack("=BxHiII", 0, 0, 0, netlink.IFF_UP, netlink.IFF_UP)
        + netlink.attribute(netlink.IFLA_IFNAME, name.encode() + b"\0")
        + netlink.attribute(IFLA_LINK, queue.index.to_bytes(4, "little"))
        + netlink.attribute(netlink.IFLA_LINKINFO, kind + netlink.attribute(IFLA_INFO_DATA, data))
    )
    flags = netlink.REQUEST_ACK | netlink.CREATE_EXCL
    size = netlink.HEADER.size + len(body)
    rig.must(
        netlink.HEADER.pack(size, netlink.RTM_NEWLINK, flags, 0, 0) + body, f"add interface {name}"
    )
    return name


@claim(needs="hash_dissected")
def fragments_are_told_apart_by_address(rig: Rig) -> None:
    """All IPv4 fragments between two hosts are one flow, the first ones with their ports too.

    The dissector stops at a fragment before the ports (no FLOW_DISSECTOR_F_PARSE_1ST_FRAG). So a
    datagram's fragments stay together, and are apart from unfragmented ones of the same 5-tuple.
    """

    def fragment(offset: int, ports: tuple[int, int], destination: bytes = THERE) -> bytes:
        packet = ipv4(HERE, destination, udp(*ports, bytes(900)), fragment=offset,
                      more_fragments=True)  # fmt: skip
        return _padded(ethernet(ETH_P_IP, packet))

    _are_one_flow(rig, "fragments", fragment(0, (1, 2)), fragment(100, (1, 2)), fragment(0, (3, 4)))
    _are_apart(rig, "whole, fragment, one to another host", _udp4(ports=(1, 2)),
               fragment(0, (1, 2)), fragment(0, (1, 2), bytes((10, 2, 0, 2))))  # fmt: skip


@claim(needs="hash_dissected")
def a_tunnel_is_not_a_flow(rig: Rig) -> None:
    """Flows within an IP-in-IP or GRE tunnel are told apart by their inner 5-tuple."""

    def inside(head: bytes, protocol: int, port: int) -> bytes:
        inner = ipv4(bytes((10, 8, 0, 1)), bytes((10, 9, 0, 1)), udp(port, 80, bytes(850)))
        return _padded(ethernet(ETH_P_IP, ipv4(HERE, THERE, head + inner, protocol=protocol)))

    gre = b"\0\0" + ETH_P_IP.to_bytes(2, "big")
    for head, protocol in ((b"", IPPROTO_IPIP), (gre, IPPROTO_GRE)):
        one, two = inside(head, protocol, 1), inside(head, protocol, 2)
        _are_one_flow(rig, f"protocol {protocol}, one inner flow", one, one)
        _are_apart(rig, f"protocol {protocol}, two inner flows", one, two)


@claim()
def what_is_not_ip_is_one_flow_by_ethertype(rig: Rig) -> None:
    """All ARP frames are one flow, all frames of an unknown EtherType another."""

    def frame(protocol: int, fill: bytes) -> bytes:
        return ethernet(protocol, fill * (L_BYTES - ETHERNET_BYTES))

    arp = [frame(ETH_P_ARP, fill) for fill in (b"\0", b"\1", b"\2")]
    unknown = [frame(ETH_P_LOCAL1, fill) for fill in (b"\0", b"\1", b"\2")]
    _are_one_flow(rig, "ARP", *arp)
    _are_one_flow(rig, "unknown EtherType", *unknown)
    _are_apart(rig, "ARP and two unknown EtherTypes", arp[0], unknown[0],
               frame(ETH_P_LOCAL1 + 1, b"\0"))  # fmt: skip


def _meet(queue: Queue, crowd: Crowd) -> int:
    """Send so that the crowd's light flow is captured if all meet as they should; count that."""
    for flows in crowd.sharing:
        queue.send(flows[0], 1500)
    before = queue.counts().hh_tot_count
    queue.send(crowd.light, 60)
    return int(queue.counts().hh_tot_count - before)


@claim()
def each_qdisc_hashes_otherwise(rig: Rig) -> None:
    """Flows that meet in one hhf do not meet in another: each has drawn 128 bits of its own.

    Five flows, chosen so that one shares a counter with each of the others, are sent through two
    hhf; with admit_bytes 1500 that one is heavy in the first (control), not in the second. False
    alarm: (4/1024)^4 = 2e-10; a word of 32 bits that is zero or there twice 9e-9.
    """
    one, two = (rig.hhf(admit_bytes=1500, reset_timeout_us=LONG_US) for _ in range(2))
    keys = [queue.hash_key() for queue in (one, two)]
    equal("length of the secret", [len(key) for key in keys], [16, 16])
    words = [key[at : at + 4] for key in keys for at in range(0, 16, 4)]
    true("all words of the secrets are drawn", bytes(4) not in words, words)
    equal("different words", len(set(words)), 8)
    crowd = crowd_of(one)
    equal("captured in the first", _meet(one, crowd), 1)
    equal("captured in the second", _meet(two, crowd), 0)


@claim()
def a_change_keeps_the_hash(rig: Rig) -> None:
    """A change of every parameter, and a link that goes down and up, keep the qdisc's secret."""
    queue = rig.hhf(admit_bytes=5000, reset_timeout_us=LONG_US)
    key, crowd = queue.hash_key(), crowd_of(queue)
    queue.change(
        limit_packets=900, quantum_bytes=3000, hh_limit=100, reset_timeout_us=LONG_US - 1_000_000,
        admit_bytes=1500, evict_timeout_us=10**6, non_hh_weight=3,
    )  # fmt: skip
    queue.link(up=False)
    queue.link(up=True)
    equal("the secret", queue.hash_key().hex(), key.hex())
    equal("captured", _meet(queue, crowd), 1)


@claim()
def a_new_qdisc_hashes_otherwise(rig: Rig) -> None:
    """Deleted and added again, hhf has another secret, and flows that met do not meet any more."""
    queue = rig.hhf(admit_bytes=1500, reset_timeout_us=LONG_US)
    key, crowd = queue.hash_key(), crowd_of(queue)
    equal("captured before", _meet(queue, crowd), 1)
    equal("delete: errno", queue.delete(), 0)
    params = {"admit_bytes": 1500, "reset_timeout_us": LONG_US}
    message = netlink.set_hhf(queue.index, params, add=True)
    equal("add again: errno", queue.ask(message, f"add hhf {params}"), 0)
    true("another secret", queue.hash_key() != key, queue.hash_key().hex())
    equal("captured after", _meet(queue, crowd), 0)


@claim()
def all_bits_of_the_hash_make_the_flow(rig: Rig) -> None:
    """Two flows of which the hashes differ in few bits are two flows.

    Of 16384 flows there are 32 pairs on average that agree in 22 given bits: here the lowest 22,
    and the lowest ten, which give the slot of table T, with the highest twelve. One is heavy; the
    other, once the counters are cleared, is not: it is captured itself.
    """
    for mask in (0x003F_FFFF, 0xFFF0_03FF):
        queue = rig.hhf(admit_bytes=1500, reset_timeout_us=0)
        one, other = _alike(queue.hashes(FLOWS), mask)
        rig.to_mid_tick(2)
        queue.send(one, 1500, 2)
        equal("captured", queue.counts().hh_tot_count, 1)
        rig.to_mid_tick(2)
        queue.send(other, 1500)
        rig.to_mid_tick(2)
        queue.send(other, 1500, 2)
        equal(f"captured, of two alike in {mask:#x}", queue.counts().hh_tot_count, 2)


def _alike(hashes: list[int], mask: int) -> tuple[int, int]:
    """Return two flows with different hashes that agree in the bits of the mask."""
    found: dict[int, int] = {}
    for flow, hash_ in enumerate(hashes):
        first = found.setdefault(hash_ & mask, flow)
        if hashes[first] != hash_:
            return first, flow
    raise Refuted(f"flows alike in {mask:#x}", "32 pairs", "none")


@claim()
def cut_off_headers_do_no_harm(rig: Rig) -> None:
    """Frames whose IP, TCP or tunnel header is cut off pass, each of them counted."""
    whole = [
        _udp4(), _udp6(), vlan(5, _udp4()),
        ethernet(ETH_P_IP, ipv4(HERE, THERE, tcp(1, 2, b""), protocol=TCP)),
        ethernet(ETH_P_IP, ipv4(HERE, THERE, b"\0\0\x08\0E", protocol=IPPROTO_GRE)),
        ethernet(ETH_P_IP, ipv4(HERE, THERE, b"\x4f", protocol=IPPROTO_IPIP)),
        ethernet(ETH_P_IP, b"\x4f" + b"\xff" * 30),
    ]  # fmt: skip
    queue = rig.hhf(admit_bytes=1, reset_timeout_us=LONG_US)
    frames = [frame[:size] for frame in whole for size in range(ETHERNET_BYTES + 1, 70)]
    for frame in frames:
        equal("errno of sending", queue.send_frame(frame), [0])
    equal("packets that left", len(queue.drain()), len(frames))
    equal("drops", queue.counts().drops, 0)
