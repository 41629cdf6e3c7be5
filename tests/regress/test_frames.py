# SPDX-License-Identifier: GPL-2.0-or-later
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Dot1Q, Ether

from hhf_testbed.conform.flow_hash import five_tuple
from hhf_testbed.regress import frames

FLOWS = st.integers(0, 65_535)
LENGTHS = st.integers(60, 65_514)
HERE, THERE = bytes((10, 1, 0, 1)), bytes((10, 2, 0, 1))


@settings(max_examples=50, deadline=None)
@given(FLOWS, LENGTHS)
def test_a_flow_frame_has_the_length_asked_for(flow: int, len_bytes: int) -> None:
    assert len(frames.flow_frame(flow, len_bytes)) == len_bytes


@settings(max_examples=50, deadline=None)
@given(FLOWS)
def test_a_flow_has_the_5_tuple_of_which_the_hash_is_computed(flow: int) -> None:
    packet = Ether(bytes(frames.flow_frame(flow, 60)))
    source, destination, source_port, destination_port = five_tuple(flow)
    assert packet[IP].src == ".".join(map(str, source))
    assert packet[IP].dst == ".".join(map(str, destination))
    assert packet[UDP].sport == int.from_bytes(source_port, "big")
    assert packet[UDP].dport == int.from_bytes(destination_port, "big")


@settings(max_examples=50, deadline=None)
@given(FLOWS, st.integers(0, 2**32 - 1))
def test_flow_and_number_are_read_back(flow: int, number: int) -> None:
    frame = frames.flow_frame(flow, 60)
    frame[frames.TAG_AT : frames.TAG_AT + 4] = number.to_bytes(4, "little")
    assert frames.tag_of(bytes(frame)) == (flow, number)


@pytest.mark.parametrize("size", range(frames.TAG_AT + 4))
def test_a_frame_cut_off_before_its_number_is_nobodys(size: int) -> None:
    assert frames.tag_of(bytes(frames.flow_frame(1, 60))[:size]) is None


@pytest.mark.parametrize(
    "frame",
    [
        frames.ethernet(0x0806, bytes(60)),
        frames.ethernet(0x0800, frames.ipv4(HERE, THERE, bytes(60), protocol=frames.TCP)),
        frames.vlan(5, bytes(frames.flow_frame(1, 100))),
        frames.ethernet(0x0800, bytes(60), to=b"\x02other"),
    ],
    ids=["ARP", "TCP", "tagged", "to another"],
)
def test_another_frame_is_nobodys(frame: bytes) -> None:
    assert frames.tag_of(frame) is None


def test_lengths_of_headers_add_up() -> None:
    packet = Ether(frames.ethernet(0x0800, frames.ipv4(HERE, THERE, frames.udp(1, 2, bytes(70)))))
    assert (packet[IP].ihl, packet[IP].len, packet[UDP].len) == (5, 98, 78)


def test_a_fragment_says_where_it_belongs() -> None:
    packet = IP(frames.ipv4(HERE, THERE, b"", identification=7, fragment=100, more_fragments=True))
    assert (packet.id, packet.frag, packet.flags) == (7, 100, "MF")


def test_a_whole_packet_is_no_fragment() -> None:
    packet = IP(frames.ipv4(HERE, THERE, b""))
    assert (packet.frag, int(packet.flags)) == (0, 0)


def test_a_tcp_segment_is_one() -> None:
    packet = IP(frames.ipv4(HERE, THERE, frames.tcp(80, 90, b"data"), protocol=frames.TCP))
    assert (packet[TCP].sport, packet[TCP].dport, packet[TCP].dataofs) == (80, 90, 5)
    assert bytes(packet[TCP].payload) == b"data"


def test_an_ipv6_packet_has_its_label_and_length() -> None:
    here, there = b"\xfd" + bytes(15), b"\xfe" + bytes(15)
    packet = IPv6(frames.ipv6(here, there, frames.udp(1, 2, bytes(70)), flow_label=0xABCDE))
    assert (packet.version, packet.fl, packet.plen, packet[UDP].dport) == (6, 0xABCDE, 78, 2)


def test_a_vlan_tag_comes_before_the_ethertype() -> None:
    packet = Ether(frames.vlan(5, bytes(frames.flow_frame(9, 60))))
    assert (packet[Dot1Q].vlan, packet[UDP].sport) == (5, 9)
    assert len(packet) == 64
