# SPDX-License-Identifier: GPL-2.0-or-later
"""The request for tbf carries the rate and the burst of the shaper, as tbf_change reads them."""

import struct

import pytest

from hhf_testbed.conform import netlink
from hhf_testbed.tc.shaper import shaper


def options(rate_bps: int) -> dict[int, bytes]:
    message = netlink.add_tbf(100, shaper(rate_bps, 1514))
    outer = dict(netlink.attributes(message[netlink.HEADER.size + 20 :]))
    assert outer[netlink.TCA_KIND] == b"tbf\0"
    return dict(netlink.attributes(outer[netlink.TCA_OPTIONS]))


def test_the_burst_is_given_in_bytes_and_holds_the_longest_frame() -> None:
    burst_bytes = int.from_bytes(options(8_000_000)[netlink.TCA_TBF_BURST], "little")
    assert burst_bytes == 1514 + 1  # 1 us at 1 MB/s


def test_tbf_gets_a_rate_no_peak_rate_and_no_fifo() -> None:
    # struct tc_tbf_qopt: two struct tc_ratespec of 12 bytes, limit, buffer, mtu
    parms = options(8_000_000)[netlink.TCA_TBF_PARMS]
    assert len(parms) == 36
    assert struct.unpack_from("=I", parms, 8) == (1_000_000,)
    assert parms[1] == netlink.LINKLAYER_ETHERNET
    assert parms[12:] == bytes(24)


@pytest.mark.parametrize("rate_bps", [(2**32 - 1) * 8, 2**32 * 8])
def test_a_rate_beyond_32_bits_is_given_in_64(rate_bps: int) -> None:
    given = options(rate_bps)
    assert struct.unpack_from("=I", given[netlink.TCA_TBF_PARMS], 8) == (2**32 - 1,)
    wide = given.get(netlink.TCA_TBF_RATE64, b"")
    assert wide == (struct.pack("=Q", 2**32) if rate_bps == 2**35 else b"")
