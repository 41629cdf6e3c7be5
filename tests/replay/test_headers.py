# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets of one flow have one key, of others another, as in net/core/flow_dissector.c."""

import struct

import pytest
from handmade_files import A6, B6, A, B, C, ethernet, ipv4, ipv6, ports, udp

from hhf_testbed.measure.headers import flow_key, frame_bytes, name, needed_bytes

UDP = udp()
TAG = struct.pack(">HH", 5, 0x0800)


def key(octets, link_type=1):
    return flow_key(link_type, octets)


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        (ethernet(UDP), "UDP 10.0.0.1:4000 > 10.0.0.2:5000"),
        (ethernet(ipv4(protocol=6, inside=ports())), "TCP 10.0.0.1:4000 > 10.0.0.2:5000"),
        (ethernet(ipv4(protocol=1, inside=ports())), "ICMP 10.0.0.1 > 10.0.0.2"),
        (ethernet(ipv4(protocol=99)), "protocol 99 10.0.0.1 > 10.0.0.2"),
        (ethernet(ipv6(inside=ports()), 0x86DD), "UDP [fd00::1]:4000 > [fd00::2]:5000"),
        (ethernet(TAG + UDP, 0x8100), "UDP 10.0.0.1:4000 > 10.0.0.2:5000 (81000005)"),
        (ethernet(bytes(28), 0x0806), "ARP"),
        (ethernet(bytes(28), 0x88CC), "EtherType 0x88cc"),
        (ethernet(bytes(46), 46), "802.2"),
    ],
)
def test_a_flow_has_a_name(octets, said):
    assert name(key(octets)) == said


@pytest.mark.parametrize(
    ("link_type", "header"),
    [
        (1, bytes(12) + b"\x08\0"),
        (113, bytes(14) + b"\x08\0"),
        (276, b"\x08\0" + bytes(18)),
        (101, b""),
        (228, b""),
        (0, bytes(4)),
        (108, bytes(4)),
    ],
)
def test_every_link_type_gives_the_same_flow_and_the_length_with_an_ethernet_header(
    link_type, header
):
    assert key(header + UDP, link_type) == key(ethernet(UDP))
    assert frame_bytes(link_type, len(header) + 1500) == 1514


def test_raw_ip_is_told_by_its_version():
    assert key(ipv6(inside=ports()), 101) == key(ethernet(ipv6(inside=ports()), 0x86DD))


@pytest.mark.parametrize("fragment", [0x2000, 0x0001, 0x2001])
def test_no_ipv4_fragment_has_ports_not_even_the_first(fragment):
    found = key(ethernet(ipv4(inside=ports(), fragment=fragment)))
    assert name(found) == "UDP 10.0.0.1 > 10.0.0.2"
    assert key(ethernet(ipv4(inside=ports(1, 2), fragment=fragment))) == found


def test_dont_fragment_is_no_fragment():
    assert key(ethernet(ipv4(inside=ports(), fragment=0x4000))) == key(ethernet(UDP))


def test_an_ipv6_fragment_has_no_ports():
    header = bytes((17, 0, 0, 1, 0, 0, 0, 9))
    found = key(ethernet(ipv6(protocol=44, inside=header + ports()), 0x86DD))
    assert name(found) == "UDP fd00::1 > fd00::2"


def test_ipv6_extension_headers_are_passed_over():
    options = bytes((60, 0)) + bytes(6) + bytes((17, 1)) + bytes(14)
    found = key(ethernet(ipv6(protocol=0, inside=options + ports()), 0x86DD))
    assert found == key(ethernet(ipv6(inside=ports()), 0x86DD))


def test_an_ipv6_flow_label_takes_the_place_of_ports():
    labels = [key(ethernet(ipv6(inside=ports(n), label=7), 0x86DD)) for n in (1, 2)]
    assert labels[0] == labels[1]
    assert labels[0] != key(ethernet(ipv6(inside=ports(1), label=8), 0x86DD))


def test_the_vlan_is_part_of_the_flow_and_a_third_tag_is_not():
    def tagged(*numbers):
        inside = UDP
        kind = 0x0800
        for number in reversed(numbers):
            inside, kind = struct.pack(">HH", number, kind) + inside, 0x8100
        return key(ethernet(inside, kind))

    assert len({tagged(), tagged(1), tagged(2), tagged(1, 2), tagged(2, 1)}) == 5
    assert tagged(1, 2, 3) == tagged(1, 2, 4)


def test_tunnels_count_as_the_packet_inside():
    inner = ethernet(udp(C, A))
    assert key(ethernet(ipv4(protocol=4, inside=udp(C, A)))) == key(inner)
    in_ipv6 = ipv6(inside=ports())
    assert key(ethernet(ipv4(protocol=41, inside=in_ipv6))) == key(ethernet(in_ipv6, 0x86DD))
    gre = struct.pack(">HH", 0, 0x0800) + udp(C, A)
    assert key(ethernet(ipv4(protocol=47, inside=gre))) == key(inner)
    keyed = struct.pack(">HHII", 0xB000, 0x0800, 0, 7) + bytes(4) + udp(C, A)
    assert key(ethernet(ipv4(protocol=47, inside=keyed)))[2:5] == key(inner)[2:5]
    assert key(ethernet(ipv4(protocol=47, inside=keyed)))[5] == bytes((0, 0, 0, 7))


@pytest.mark.parametrize("flags", [0x4000, 0x0001])
def test_other_gre_is_one_flow_per_pair(flags):
    gre = struct.pack(">HH", flags, 0x0800) + UDP
    assert name(key(ethernet(ipv4(B, C, protocol=47, inside=gre)))) == "GRE 10.0.0.2 > 10.0.0.3"


def test_any_cut_and_any_octets_have_a_key():
    whole = ethernet(ipv6(A6, B6, protocol=0, inside=bytes((0, 255)) + bytes(200)), 0x86DD)
    for end in range(len(whole)):
        name(key(whole[:end]))
    for value in range(256):
        name(key(ethernet(bytes((value,)) * 200, 0x86DD)))
        name(key(ethernet(bytes((value,)) * 200)))
        name(key(bytes((0x81, 0)) * 100))


def test_a_packet_without_its_ports_can_be_told():
    assert needed_bytes(1, key(ethernet(UDP))) == 14 + 20 + 4
    assert needed_bytes(101, key(ipv6(), 101)) == 40 + 4
