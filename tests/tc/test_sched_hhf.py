# SPDX-License-Identifier: GPL-2.0-or-later
"""The plug-ins put on the wire exactly what the kernel's ABI says (hhf-facts, section 2)."""

import struct
from typing import Any

import pytest
from pyroute2.iproute.linux import get_arguments_processor
from pyroute2.netlink.rtnl.tcmsg import plugins, tcmsg

from hhf_testbed.tc import sched_hhf
from hhf_testbed.tc.register import register

register()
WORDS = (
    "limit",
    "quantum",
    "hh_limit",
    "reset_timeout",
    "admit_bytes",
    "evict_timeout",
    "non_hh_weight",
)


def request(kind: str, **keywords: Any) -> dict[str, Any]:
    """What pyroute2 makes of the arguments of ``IPRoute.tc("add", ...)``."""
    context = {"kind": kind, "index": 3, "handle": 0x100000, **keywords}
    return dict(get_arguments_processor("tc", "add", context))


def options_bytes(kind: str, **keywords: Any) -> bytes:
    """The payload of TCA_OPTIONS in the encoded message."""
    made = request(kind, **keywords)
    message = tcmsg()
    message["attrs"] = [["TCA_KIND", kind], ["TCA_OPTIONS", made["options"]]]
    message.encode()
    attributes = bytes(message.data)[16 + 20 :]
    kind_size = struct.unpack_from("=H", attributes)[0] + 3 & ~3
    size, number = struct.unpack_from("=HH", attributes, kind_size)
    assert number & 0x3FFF == 2
    return attributes[kind_size + 4 : kind_size + size]


@pytest.mark.parametrize(("number", "word"), list(enumerate(WORDS, 1)))
@pytest.mark.parametrize("value", [0, 1, 1000, 2**32 - 1])
def test_each_parameter_is_one_native_u32_attribute(number: int, word: str, value: int) -> None:
    expected = struct.pack("=HHI", 8, number, value)
    assert options_bytes("hhf", **{f"hhf_{word}": value}) == expected


def test_limit_1000_is_the_bytes_of_the_abi() -> None:
    assert options_bytes("hhf", hhf_limit=1000).hex(" ") == "08 00 01 00 e8 03 00 00"


def test_all_parameters_go_in_the_order_of_their_numbers() -> None:
    values = {f"hhf_{word}": 100 + n for n, word in enumerate(WORDS, 1)}
    expected = b"".join(struct.pack("=HHI", 8, n, 100 + n) for n in range(1, 8))
    assert options_bytes("hhf", **values) == expected


def test_without_parameters_the_nest_is_sent_empty_as_tc_does() -> None:
    assert options_bytes("hhf") == b""


def test_a_time_may_be_a_string_with_its_unit() -> None:
    made = options_bytes("hhf", hhf_reset_timeout="40ms", hhf_evict_timeout="1s")
    assert made == struct.pack("=HHIHHI", 8, 4, 40_000, 8, 6, 1_000_000)


def test_the_parent_given_is_kept() -> None:
    assert request("hhf", parent="1:1", hhf_limit=1)["parent"] == 0x10001


def test_the_default_parent_is_the_root() -> None:
    assert request("hhf", hhf_limit=1)["parent"] == 0xFFFFFFFF


def test_a_kind_without_a_plugin_loses_its_parent() -> None:
    """The negative control: this is why peers.py exists."""
    assert request("no_such_kind", parent="1:1")["parent"] == 0xFFFFFFFF


@pytest.mark.parametrize("kind", ["bfifo", "fq", "pie", "fq_pie"])
def test_the_peers_keep_their_parent(kind: str) -> None:
    assert request(kind, parent="1:1", limit=9)["parent"] == 0x10001


@pytest.mark.parametrize(
    ("kind", "keywords", "expected"),
    [
        ("fq", {"limit": 7, "quantum": 9}, "08000100 07000000 08000300 09000000"),
        ("pie", {"target": 15000, "ecn": 0}, "08000100 983a0000 08000600 00000000"),
        ("fq_pie", {"limit": 7, "flows": 8}, "08000100 07000000 08000200 08000000"),
        ("bfifo", {"limit": 1514}, "ea050000"),
        ("pfifo", {"limit": 0}, "00000000"),
    ],
)
def test_the_peers_are_the_bytes_of_the_abi(
    kind: str, keywords: dict[str, int], expected: str
) -> None:
    assert options_bytes(kind, **keywords) == bytes.fromhex(expected)


def test_registering_again_changes_nothing() -> None:
    before = dict(plugins)
    register()
    assert plugins == before
    assert plugins["hhf"] is sched_hhf
