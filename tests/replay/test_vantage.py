# SPDX-License-Identifier: GPL-2.0-or-later
"""Captures that have a packet more than once: which of them are replayed."""

import os
import threading

import pytest
from handmade_files import (
    A,
    B,
    C,
    block,
    enhanced,
    ethernet,
    interface,
    packet,
    pcap,
    section,
    sll,
    sll2,
    udp,
)

from hhf_testbed.errors import LabError, RequestError
from hhf_testbed.progress import Silent
from hhf_testbed.replay import request, run
from hhf_testbed.replay.result import remarks, to_json
from hhf_testbed.replay.vantage import MAX_PLACES, Places, Vantage

MS = 1_000_000
SLL, SLL2 = 113, 276


def router(packets=10):
    """Each packet comes in by 3 and goes out by 2; a few answers the other way."""
    found = []
    for n in range(packets):
        found.append(packet(n * MS, sll2(udp(), out=False, interface=3)))
        found.append(packet(n * MS + 1000, sll2(udp(), out=True, interface=2)))
    for n in range(2):
        back = udp(B, A)
        found.append(packet(n * MS + 2000, sll2(back, out=False, interface=2), 100))
        found.append(packet(n * MS + 3000, sll2(back, out=True, interface=3), 100))
    return pcap(sorted(found, key=lambda each: each[0]), link_type=SLL2)


def test_a_forwarded_packet_counts_once_where_most_bytes_went_out(replay):
    found = replay(router())
    assert found.packets == 10
    assert found.vantage == Vantage("2", "out")
    said = " ".join(remarks(found))
    assert "10 packets (15,140 bytes) out by interface 2" in said
    assert "replayed is what went out by interface 2" in said
    assert "--direction in has the arrivals before it" in said


@pytest.mark.parametrize(
    ("where", "packets"),
    [
        (("2", "out"), 10),
        (("3", "out"), 2),
        (("3", None), 2),
        (("3", "in"), 10),
        (("2", "both"), 12),
        ((None, "in"), 12),
        ((None, "out"), 10),
        ((None, "both"), 24),
    ],
)
def test_interface_and_direction_say_which_packets(replay, where, packets):
    assert replay(router(), where=where).packets == packets


def test_the_json_lists_all_places(replay):
    traffic = to_json(replay(router()))["traffic"]
    assert traffic["replayed"] == {"interface": "2", "direction": "out"}
    place = {"interface": "3", "direction": "in", "packets": 10, "bytes": 15140}
    assert place in traffic["places"]


def test_a_place_without_packets_is_an_error_that_lists_those_with(replay):
    with pytest.raises(RequestError, match=r"no packet .*; it has 10 packets .* by interface 3"):
        replay(router(), where=("9", None))
    with pytest.raises(RequestError, match=r"it has 1 packets .* at the one interface"):
        replay([packet(0)], where=(None, "out"))


def test_cooked_headers_of_the_first_version_tell_the_direction_only(replay):
    packets = [packet(0, sll(udp(), out=False)), packet(1, sll(udp(), out=True))]
    packets.append(packet(2, sll(udp(), out=False)))
    content = pcap(packets, link_type=SLL)
    assert replay(content).packets == 1
    assert replay(content, where=(None, "in")).packets == 2


def test_what_only_came_in_is_replayed_from_all_interfaces(replay):
    packets = [packet(n, sll2(udp(), out=False, interface=n)) for n in (1, 2, 3)]
    assert replay(pcap(packets, link_type=SLL2)).packets == 3


def test_of_several_interfaces_of_pcapng_the_one_with_most_bytes_is_replayed(replay):
    octets = ethernet(udp())
    content = section() + interface(name=b"eth0") + interface(name=b"eth1\0")
    content += enhanced(0, octets, 1000) + enhanced(1, octets, 1500, number=1)
    content += enhanced(2, octets, 1000)
    assert replay(content).vantage == Vantage("eth0", None)
    assert replay(content).packets == 2
    assert replay(content, where=("eth1", None)).packets == 1


def test_an_interface_without_a_name_is_known_by_its_number(replay):
    content = section() + interface() + interface() + enhanced(1, ethernet(udp()), 60, number=1)
    assert replay(content, where=("1", None)).packets == 1


def test_an_empty_name_of_an_interface_is_none(replay):
    option = b"\x02\0\0\0" + bytes(4)
    content = section() + block(1, b"\x01\0\0\0" + bytes(4) + option)
    assert replay(content + enhanced(0, ethernet(udp()), 60), where=("0", None)).packets == 1


def test_a_file_of_one_place_is_replayed_whole(replay):
    assert replay([packet(0), packet(1, ethernet(udp(C)))]).packets == 2
    one = pcap([packet(0, sll2(udp(), out=False, interface=1))], link_type=SLL2)
    assert replay(one).packets == 1


def test_a_cooked_header_that_was_not_captured_tells_nothing(replay):
    content = pcap([packet(0, b"\x08\0" + bytes(9), 60)], link_type=SLL2)
    assert replay(content).places.seen == {("", ""): [1, 60]}


def test_a_choice_is_made_from_what_can_be_read_of_a_damaged_file(replay):
    found = replay(router()[:-1])
    assert found.vantage == Vantage("2", "out")
    assert "is cut off" in str(found.damage)


def test_a_direction_that_does_not_exist_is_refused():
    with pytest.raises(RequestError, match="direction is 'up'; allowed are out, in, both"):
        Vantage(None, "up")


def through_a_pipe(tmp_path, content, where=()):
    path = tmp_path / "pipe"
    os.mkfifo(path)

    def feed():
        with path.open("wb") as file:
            file.write(content)

    feeder = threading.Thread(target=feed)
    feeder.start()
    asked = request.parse("1gbit", "hhf", 250, "6.12", 1, *where)
    try:
        with Silent().step("") as step:
            return run.replay(path, asked, step)
    finally:
        feeder.join()


def test_a_pipe_of_one_place_or_with_a_named_one_is_replayed(tmp_path):
    assert through_a_pipe(tmp_path, pcap([packet(0)])).packets == 1


def test_a_pipe_is_replayed_where_a_place_is_named(tmp_path):
    assert through_a_pipe(tmp_path, router(), where=("2", "out")).packets == 10


@pytest.mark.parametrize("where", [(), (None, "out")])
def test_a_pipe_that_leaves_a_choice_is_an_error_that_says_what_to_name(tmp_path, where):
    with pytest.raises(LabError, match="a pipe cannot be read twice to choose; name one with"):
        through_a_pipe(tmp_path, router(), where)


def test_the_number_of_places_is_bounded():
    places = Places()
    for number in range(MAX_PLACES + 5):
        places.count((str(number), "in"), 60)
    assert (len(places.seen), places.others) == (MAX_PLACES, 5)
    assert str(places).endswith("990 more")
