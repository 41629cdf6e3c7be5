# SPDX-License-Identifier: GPL-2.0-or-later
"""SipHash against its authors' vectors; the hashed bytes against the layout of struct flow_keys."""

import numpy as np

from hhf_testbed.conform.flow_hash import HASHED_BYTES, flow_hashes, flow_keys, siphash

KEY = bytes(range(16))


def test_siphash_gives_the_kernels_own_test_vectors() -> None:
    # test_vectors_siphash of lib/siphash_kunit.c, for messages 00 01 02 ... of 8 and 16 bytes
    for size, expected in ((8, 0x93F5F5799A932462), (16, 0x3F2ACC7F57C29BDB)):
        blocks = np.frombuffer(bytes(range(size)), "<u8").reshape(1, -1)
        assert int(siphash(blocks, KEY)[0]) == expected


def test_addresses_and_ports_are_sorted_as_little_endian_numbers() -> None:
    keys = flow_keys(0x0102)
    assert len(keys) == HASHED_BYTES == 48
    assert keys[:3] == b"\x08\x00\x11"
    assert keys[28:32] == bytes((0x10, 0x00, 0x01, 0x02))
    assert keys[36:44] == bytes((10, 2, 0, 1, 10, 1, 1, 2))


def test_flows_have_distinct_hashes_that_depend_on_the_key() -> None:
    hashes = flow_hashes(4000, KEY)
    assert len(set(hashes)) >= 3998
    assert hashes[:100] == flow_hashes(100, KEY)
    assert not set(hashes[:50]) & set(flow_hashes(50, bytes(16)))
