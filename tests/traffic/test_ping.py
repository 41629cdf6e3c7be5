# SPDX-License-Identifier: GPL-2.0-or-later
"""What ping of iputils 20221126 printed, and what is made of it."""

from ipaddress import IPv4Address

import pytest

from hhf_testbed.errors import LabFailure
from hhf_testbed.traffic.ping import PingResult, Reply, parse_ping, ping_argv

HEAD = "PING 10.2.0.13 (10.2.0.13) 56(84) bytes of data.\n"
REPLIES = """\
[1700000001.123456] 64 bytes from 10.2.0.13: icmp_seq=1 ttl=62 time=10.0 ms
[1700000001.133460] 64 bytes from 10.2.0.13: icmp_seq=2 ttl=62 time=0.041 ms
[1700000003.000009] 64 bytes from 10.2.0.13: icmp_seq=70000 ttl=62 time=1177 ms
"""
TAIL = "\n--- 10.2.0.13 ping statistics ---\n"
ALL = "3 packets transmitted, 3 received, 0% packet loss, time 20ms\nrtt min/avg/max/mdev = 1 ms\n"
LOSS = "5 packets transmitted, 3 received, +1 errors, 40% packet loss, time 40ms\n"
PARSED = (
    Reply(1_700_000_001_123_456_000, 1, 10.0),
    Reply(1_700_000_001_133_460_000, 2, 0.041),
    Reply(1_700_000_003_000_009_000, 70_000, 1177.0),
)


def test_time_number_and_rtt_of_each_reply_are_read() -> None:
    assert parse_ping(HEAD + REPLIES + TAIL + ALL) == PingResult(3, PARSED)


def test_lost_probes_are_sent_but_have_no_reply() -> None:
    refused = "[1700000002.5] From 10.0.0.2 icmp_seq=4 Destination Net Unreachable\n"
    assert parse_ping(HEAD + REPLIES + refused + TAIL + LOSS) == PingResult(5, PARSED)


def test_no_reply_at_all_is_a_result_too() -> None:
    said = HEAD + TAIL + "7 packets transmitted, 0 received, 100% packet loss, time 60ms\n"
    assert parse_ping(said) == PingResult(7, ())


@pytest.mark.parametrize("text", ["", HEAD, HEAD + REPLIES, HEAD + REPLIES + TAIL])
def test_output_without_its_summary_was_cut_off(text: str) -> None:
    with pytest.raises(LabFailure, match="no summary: it was cut off"):
        parse_ping(text)


def test_the_command_is_in_seconds_and_numeric() -> None:
    argv = ping_argv(IPv4Address("10.2.0.13"), interval_ms=2, count=500)
    assert " ".join(argv) == "ping -n -D -i 0.002 -c 500 -W 2 10.2.0.13"
