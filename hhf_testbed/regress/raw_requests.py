# SPDX-License-Identifier: GPL-2.0-or-later
"""Netlink messages about hhf that no tool sends so, as bytes."""

import struct

from hhf_testbed.conform import netlink


def add_without_options(index: int, handle: int) -> bytes:
    """Add an hhf as the root by a message that has no TCA_OPTIONS at all; tc sends an empty one."""
    message = netlink.set_hhf(index, {}, add=True, handle=handle, parent=netlink.ROOT)
    return _of_length(message[: -len(netlink.attribute(netlink.TCA_OPTIONS, b""))])


def with_size_table(message: bytes, slot: int, size_log: int) -> bytes:
    """Add to a message a size table that makes every packet ``slot << size_log`` bytes long.

    It is what ``stab data SLOT size_log N cell_log 0`` would be, a table of one number.
    ``struct tc_sizespec``: cell_log, size_log, cell_align, overhead, linklayer, mpu, mtu, tsize.
    cell_align -32768 makes every length the first of the table (``__qdisc_calculate_pkt_len``).
    """
    layer = netlink.LINKLAYER_ETHERNET
    spec = struct.pack("=BBhiIIII", 0, size_log, -32_768, 0, layer, 0, 0, 1)
    parts = ((netlink.TCA_STAB_BASE, spec), (netlink.TCA_STAB_DATA, struct.pack("=H", slot)))
    stab = b"".join(netlink.attribute(kind, data) for kind, data in parts)
    return _of_length(message + netlink.attribute(netlink.TCA_STAB, stab))


def _of_length(message: bytes) -> bytes:
    """Return the message with its own length at its beginning."""
    return struct.pack("=I", len(message)) + message[4:]
