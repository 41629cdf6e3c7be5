# SPDX-License-Identifier: GPL-2.0-or-later
"""Counters are decoded from the bytes of the ABI: a dump made by hand, no kernel asked."""

import json
import socket
import struct

import pytest

from hhf_testbed.errors import LabFailure
from hhf_testbed.tc import stats
from hhf_testbed.tc.bottleneck import read_options
from hhf_testbed.tc.register import register

register()


def attribute(number: int, payload: bytes) -> bytes:
    padding = bytes(-len(payload) % 4)
    return struct.pack("=HH", 4 + len(payload), number) + payload + padding


def qdisc_message(
    kind: str, xstats: bytes, *, index: int = 5, sequence: int = 1, options: bytes = b""
) -> bytes:
    """RTM_NEWQDISC as tc_fill_qdisc lays it out (net/sched/sch_api.c)."""
    basic = attribute(1, struct.pack("=QI4x", 2**33 + 1, 17))
    queue = attribute(3, struct.pack("=IIIII", 3, 4542, 2, 1, 9))
    app = attribute(4, xstats) if xstats else b""
    body = struct.pack("=BxxxiIII", 0, index, 0x100000, 0x10001, 2)
    body += attribute(1, kind.encode() + b"\0") + attribute(2, options)
    body += attribute(7, app + basic + queue)
    return struct.pack("=IHHII", 16 + len(body), 36, 2, sequence, 0) + body


def test_an_hhf_dump_has_every_counter_and_is_plain_json() -> None:
    sample = stats.decode(qdisc_message("hhf", struct.pack("=IIII", 11, 12, 13, 14)))
    assert json.loads(json.dumps(sample)) == {
        "kind": "hhf",
        "handle": "10:",
        "parent": "1:1",
        "bytes": 2**33 + 1,
        "packets": 17,
        "drops": 2,
        "overlimits": 9,
        "requeues": 1,
        "qlen_packets": 3,
        "backlog_bytes": 4542,
        "xstats": {
            "drop_overlimit": 11,
            "hh_overlimit": 12,
            "hh_tot_count": 13,
            "hh_cur_count": 14,
        },
    }


def test_fq_codel_has_its_own_counters() -> None:
    sample = stats.decode(qdisc_message("fq_codel", struct.pack("=I9I", 0, *range(1, 10))))
    assert sample["xstats"]["maxpacket"] == 1
    assert sample["xstats"]["drop_overmemory"] == 9


def test_the_fq_struct_may_be_longer_than_the_part_we_know() -> None:
    known = struct.pack("=7Qq4I", *range(1, 13))
    sample = stats.decode(qdisc_message("fq", known + bytes(48)))
    assert sample["xstats"]["unthrottle_latency_ns"] == 12


@pytest.mark.parametrize("kind", ["pfifo", "unheard_of"])
def test_a_qdisc_without_own_counters_has_an_empty_dict(kind: str) -> None:
    assert stats.decode(qdisc_message(kind, b""))["xstats"] == {}


def test_dumped_options_get_our_names() -> None:
    nest = b"".join(attribute(n, struct.pack("=I", 100 + n)) for n in range(1, 8))
    message = stats.tcmsg(qdisc_message("hhf", b"", options=nest))
    message.decode()
    assert read_options("hhf", message.get_attr("TCA_OPTIONS")) == {
        "limit_packets": 101,
        "quantum_bytes": 102,
        "hh_limit": 103,
        "reset_timeout_us": 104,
        "admit_bytes": 105,
        "evict_timeout_us": 106,
        "non_hh_weight": 107,
    }


def test_a_dumped_struct_gets_our_names() -> None:
    message = stats.tcmsg(qdisc_message("bfifo", b"", options=struct.pack("=I", 0)))
    message.decode()
    assert read_options("bfifo", message.get_attr("TCA_OPTIONS")) == {"limit_bytes": 0}


def test_the_request_is_the_bytes_of_the_abi() -> None:
    assert stats.dump_request(5, 7).hex(" ", 4) == (
        "24000000 26000103 07000000 00000000 00000000 05000000 00000000 00000000 00000000"
    )


@pytest.mark.parametrize(
    ("handle", "text"),
    [(0xFFFFFFFF, "root"), (0x100000, "10:"), (0x10001, "1:1"), (0, "0:"), (0xA0000F, "a0:f")],
)
def test_handles_are_written_as_tc_writes_them(handle: int, text: str) -> None:
    assert stats.handle_text(handle) == text


def fake_kernel(*answers: bytes) -> stats.Sampler:
    """A sampler whose socket already holds the kernel's answers."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    ours.settimeout(1)
    sampler = stats.Sampler.__new__(stats.Sampler)
    sampler.interface, sampler._sequence, sampler._socket, sampler._index = "x", 0, ours, 5
    for answer in answers:
        theirs.send(answer)
    sampler._theirs = theirs  # type: ignore[attr-defined]
    return sampler


def done(sequence: int, flags: int = 2) -> bytes:
    return struct.pack("=IHHIIi", 20, 3, flags, sequence, 0, 0)


def close(sampler: stats.Sampler) -> None:
    sampler._theirs.close()  # type: ignore[attr-defined]
    sampler.close()


def test_other_interfaces_and_old_answers_are_left_out() -> None:
    mine, other = qdisc_message("hhf", bytes(16)), qdisc_message("hhf", bytes(16), index=6)
    old = qdisc_message("hhf", bytes(16), sequence=9)
    sampler = fake_kernel(other + mine, old, done(1))
    found = sampler.sample()
    close(sampler)
    assert [row["kind"] for row in found] == ["hhf"]
    assert next(iter(found[0])) == "time_ns"


def test_an_interrupted_dump_is_taken_again() -> None:
    first, second = qdisc_message("hhf", bytes(16)), qdisc_message("hhf", bytes(16), sequence=2)
    sampler = fake_kernel(first + first, done(1, flags=0x12), second, done(2))
    found = sampler.sample()
    close(sampler)
    assert len(found) == 1


def test_an_error_from_the_kernel_is_named() -> None:
    sampler = fake_kernel(struct.pack("=IHHIIi16x", 36, 2, 0, 1, 0, -1))
    with pytest.raises(LabFailure, match="dump of x: Operation not permitted"):
        sampler.sample()
    close(sampler)


def test_an_interface_that_is_not_there_is_named() -> None:
    with pytest.raises(LabFailure, match="no interface 'no-such-if' to sample"):
        stats.Sampler("no-such-if")
