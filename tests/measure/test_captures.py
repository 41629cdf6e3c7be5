# SPDX-License-Identifier: GPL-2.0-or-later
import re

import numpy as np
import pytest
from handmade import CAME, LEFT, START_NS, ping, record, tcp, udp, write_capture

from hhf_testbed.errors import LabFailure
from hhf_testbed.measure.captures import read_capture


def capture(tmp_path, *records, **options):
    return read_capture(write_capture(tmp_path / "c.pcap", records, **options))


def test_time_stamps_are_read_to_the_nanosecond(tmp_path):
    found = capture(tmp_path, record(1, CAME, tcp()), record(999_999_999, LEFT, tcp()))
    assert found.time_ns.tolist() == [START_NS + 1, START_NS + 999_999_999]


def test_the_records_keep_the_order_of_the_file_even_where_times_are_equal_or_go_back(tmp_path):
    found = capture(
        tmp_path,
        record(5, LEFT, tcp(number=1)),
        record(5, CAME, tcp(number=2)),
        record(4, CAME, tcp(number=3)),
    )
    assert found.leaving.tolist() == [True, False, False]
    assert (found.time_ns - START_NS).tolist() == [5, 5, 4]


def test_the_length_is_that_of_the_packet_and_its_ethernet_header_not_of_what_was_captured(
    tmp_path,
):
    found = capture(tmp_path, record(0, CAME, tcp(payload=1460)), record(0, CAME, ping(1)))
    assert found.len_bytes.tolist() == [1514, 98]
    assert found.payload_bytes.tolist() == [1460, 0]


def test_ports_and_numbers_are_read_where_the_protocol_has_them(tmp_path):
    found = capture(
        tmp_path,
        record(0, CAME, tcp(port=5201, source_port=50000, sequence=4_000_000_000)),
        record(0, CAME, udp(port=6001, source_port=50001)),
        record(0, CAME, ping(1500)),
    )
    assert found.protocol.tolist() == [6, 17, 1]
    assert found.source_port.tolist() == [50000, 50001, 0]
    assert found.target_port.tolist() == [5201, 6001, 0]
    assert found.sequence.tolist() == [4_000_000_000, 0, 1500]
    assert np.unique(found.source).tolist() == [0x0A010006]
    assert np.unique(found.target).tolist() == [0x0A020006]


def test_what_changes_on_the_way_does_not_tell_packets_apart(tmp_path):
    before = tcp(number=9, ttl=64, checksum=0x1234)
    after = tcp(number=9, ttl=63, checksum=0x4321, tos=3)
    found = capture(tmp_path, record(0, CAME, before), record(0, LEFT, after))
    assert found.identity[0] == found.identity[1]


@pytest.mark.parametrize(
    "other",
    [tcp(number=8), tcp(sequence=1), tcp(port=1), tcp(source="10.1.0.7"), tcp(payload=1), udp()],
)
def test_what_does_not_change_on_the_way_tells_packets_apart(tmp_path, other):
    found = capture(tmp_path, record(0, CAME, tcp()), record(0, LEFT, other))
    assert found.identity[0] != found.identity[1]


def test_datagrams_with_the_same_headers_are_told_apart_by_what_they_carry(tmp_path):
    found = capture(
        tmp_path,
        record(0, CAME, udp(payload=b"1".rjust(60))),
        record(0, CAME, udp(payload=b"2".rjust(60))),
    )
    assert found.identity[0] != found.identity[1]


@pytest.mark.parametrize("missing", [1, 30, 100])
def test_a_capture_that_is_cut_off_says_how_many_records_were_read(tmp_path, missing):
    path = write_capture(tmp_path / "c.pcap", [record(0, CAME, ping(n)) for n in range(3)])
    path.write_bytes(path.read_bytes()[:-missing])
    with pytest.raises(LabFailure, match=rf"{re.escape(str(path))} .*cut off.*: [23] records"):
        read_capture(path)


def test_a_capture_without_a_packet_is_a_lab_failure(tmp_path):
    with pytest.raises(LabFailure, match="0 records"):
        capture(tmp_path)


@pytest.mark.parametrize("content", [b"", b"\xd4", b"not a capture at all, but long enough for it"])
def test_a_file_that_is_no_capture_is_a_lab_failure(tmp_path, content):
    path = tmp_path / "c.pcap"
    path.write_bytes(content)
    with pytest.raises(LabFailure, match="no capture"):
        read_capture(path)


def test_a_missing_file_is_a_lab_failure(tmp_path):
    with pytest.raises(LabFailure, match="No such file"):
        read_capture(tmp_path / "c.pcap")


def test_microseconds_are_refused(tmp_path):
    with pytest.raises(LabFailure, match="nanoseconds"):
        capture(tmp_path, record(0, CAME, tcp()), magic=0xA1B2C3D4)


def test_another_link_type_is_refused(tmp_path):
    with pytest.raises(LabFailure, match="276"):
        capture(tmp_path, record(0, CAME, tcp()), link_type=1)


@pytest.mark.parametrize(
    ("bad", "what"),
    [
        (record(0, CAME, tcp(), ethertype=0x0806), "not IPv4"),
        (record(0, CAME, tcp(fragment=1)), "a fragment"),
        (record(0, CAME, tcp()[:30]), "cut off within its headers"),
        (record(0, CAME, tcp()[:9] + b"\x84" + tcp()[10:]), "neither TCP, UDP nor ICMP"),
    ],
)
def test_a_record_that_cannot_be_decoded_is_named(tmp_path, bad, what):
    with pytest.raises(LabFailure, match=rf"record 1 of 2 \(the first is 0\) is {what}"):
        capture(tmp_path, record(0, CAME, tcp()), bad)
