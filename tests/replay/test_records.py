# SPDX-License-Identifier: GPL-2.0-or-later
import struct
from contextlib import suppress

import pytest
from handmade_files import (
    START_NS,
    block,
    enhanced,
    ethernet,
    interface,
    packet,
    pcap,
    pcapng,
    section,
    udp,
    write,
)  # fmt: skip

from hhf_testbed.errors import LabFailure
from hhf_testbed.measure.records import DamagedCapture, read_records

PACKETS = [packet(n * 1_000_003, ethernet(udp()), 100 + n) for n in range(3)]


def records(tmp_path, content):
    return [record[:4] for record in read_records(write(tmp_path / "c.pcap", content))]


def whole(packets, link_type=1):
    return [(START_NS + time, link_type, wire, octets) for time, octets, wire in packets]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("make", [pcap, pcapng])
def test_both_containers_in_both_byte_orders_give_time_length_and_octets(tmp_path, make, order):
    assert records(tmp_path, make(PACKETS, order=order)) == whole(PACKETS)


def test_microseconds_are_read_as_such(tmp_path):
    found = records(tmp_path, pcap([packet(1_234_000)], nano=False))
    assert found[0][0] == START_NS + 1_234_000


def test_a_frame_check_sequence_in_the_link_type_is_ignored(tmp_path):
    assert records(tmp_path, pcap(PACKETS, link_type=0x5000_0001)) == whole(PACKETS)


def test_a_pcapng_time_stamp_may_count_powers_of_two(tmp_path):
    stamp = START_NS // 1_000_000_000 << 20 | 1 << 19
    head = struct.pack("<IIIII", 0, stamp >> 32, stamp & 0xFFFFFFFF, 60, 60)
    content = section() + interface(resolution=0x80 | 20) + block(6, head + bytes(60))
    assert records(tmp_path, content)[0][0] == START_NS + 500_000_000


def test_a_pcapng_interface_without_options_counts_microseconds(tmp_path):
    head = struct.pack("<IIIII", 0, 0, 1_500_000, 60, 60)
    plain = block(1, struct.pack("<HHI", 101, 0, 0))
    (found,) = records(tmp_path, section() + plain + block(6, head + bytes(60)))
    assert found[:3] == (1_500_000_000, 101, 60)


def test_pcapng_sections_and_interfaces_each_have_their_own_link_type_and_order(tmp_path):
    first = section() + interface(1) + interface(101) + enhanced(0, bytes(60), 60, number=1)
    second = section(">") + interface(276, ">") + enhanced(1, bytes(60), 60, ">")
    assert [found[1] for found in records(tmp_path, first + second)] == [101, 276]


def test_pcapng_blocks_of_other_kinds_are_passed_over_and_old_packets_read(tmp_path):
    old = struct.pack("<HHIIII", 0, 7, START_NS >> 32, START_NS & 0xFFFFFFFF, 60, 1514)
    content = section() + interface() + block(5, bytes(12)) + block(2, old + bytes(60))
    assert records(tmp_path, content) == [(START_NS, 1, 1514, bytes(60))]


@pytest.mark.parametrize("make", [pcap, pcapng])
def test_a_file_cut_at_any_byte_of_its_last_record_gives_the_others_and_names_it(tmp_path, make):
    content = make(PACKETS)
    start = len(make(PACKETS[:2]))
    path = tmp_path / "c.pcap"
    for end in range(start, len(content)):
        path.write_bytes(content[:end])
        found, said = [], ""
        try:
            for record in read_records(path):
                found.append(record[:4])
        except DamagedCapture as error:
            said = str(error)
        assert found == whole(PACKETS[:2]), end
        expected = f"{path}: record 2 (the first is 0), which starts at byte {start}, is cut off"
        assert said.startswith(expected) == (end > start), (end, said)


def test_no_single_changed_byte_gives_anything_but_records_or_one_clear_error(tmp_path):
    for make in (pcap, pcapng):
        content = make(PACKETS[:1])
        for at in range(len(content)):
            damaged = bytearray(content)
            damaged[at] ^= 0xFF
            with suppress(LabFailure):
                records(tmp_path, bytes(damaged))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (pcap([]) + struct.pack("<IIII", 0, 0, 1 << 21, 60), "says it has 2097152 bytes"),
        (pcap([]) + struct.pack("<IIII", 0, 10**9, 0, 60), "1000000000 ns past the second"),
        (section() + struct.pack("<II", 6, 13), "its block has 13 bytes"),
        (section() + interface()[:-4] + bytes(4), "32 bytes by its start and 0 by its end"),
        (section() + enhanced(0, bytes(60), 60), "interface 0 has not been described"),
        (section() + block(6, bytes(8)), "a packet in a block of 8 bytes"),
        (section() + block(1, bytes(4)), "an interface is described in 4 bytes"),
        (section() + interface() + block(3, bytes(8)), "has no time"),
        (section()[:8] + bytes(20), "no section has the byte order 00 00 00 00"),
        (b"\xd4\xc3\xb2\xa1", "its file header has 20 bytes, of which 0 are there"),
        (
            section() + interface() + block(6, struct.pack("<IIIII", 0, 0, 0, 61, 60) + bytes(60)),
            "61 bytes do not fit",
        ),
    ],
)
def test_damage_is_named(tmp_path, content, said):
    with pytest.raises(DamagedCapture, match="record 0") as caught:
        records(tmp_path, content)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty: it has 0 bytes"),
        (b"hello", "is no capture: it starts with 68 65 6c 6c"),
        (b"\x1f\x8b\x08\x00", "'gunzip' makes a capture of it"),
        (b"\x28\xb5\x2f\xfd", "'unzstd'"),
    ],
)
def test_what_is_no_capture_is_said(tmp_path, content, said):
    with pytest.raises(LabFailure, match=said):
        records(tmp_path, content)


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(LabFailure, match="No such file"):
        list(read_records(tmp_path / "none"))
