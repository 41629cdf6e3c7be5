# SPDX-License-Identifier: GPL-2.0-or-later
"""A packet as HHF sees it: a flow hash and a length. Nothing else of it matters to HHF."""

from typing import Any, Final

from hhf_testbed.errors import RequestError
from hhf_testbed.model.jiffies import U32_MAX

# QDISC_PKT_LEN_MAX of include/net/pkt_sched.h: the longest a size table may make a packet. The
# longest real one, a BIG TCP super-packet, stays below 600,000 bytes.
MAX_LEN_BYTES: Final = 1 << 20


class Packet:
    """One packet on its way through the queue.

    Args:
        hash_: what ``skb_get_hash_perturb`` returned, or ``skb_hash`` in 2013: the packet's flow.
        len_bytes: ``qdisc_pkt_len``, which is ``skb->len`` with the Ethernet header, and with the
            headers of every segment if the packet is a GSO super-packet.
        key: the caller's own handle; the model carries it and never looks at it.
        segments: ``gso_segs``, which only the count of sent packets uses.

    Raises:
        RequestError: the hash is not of 32 bits, or the length is not 1 to 1048576 bytes.
    """

    __slots__ = ("hash_", "key", "len_bytes", "segments")

    def __init__(self, hash_: int, len_bytes: int, key: Any = None, segments: int = 1) -> None:
        if not 0 <= hash_ <= U32_MAX:
            raise RequestError(f"the flow hash is {hash_}; allowed is 0 to {U32_MAX}")
        if not 1 <= len_bytes <= MAX_LEN_BYTES:
            raise RequestError(
                f"the packet is {len_bytes} bytes long; allowed is 1 to {MAX_LEN_BYTES}"
            )
        self.hash_ = hash_
        self.len_bytes = len_bytes
        self.key = key
        self.segments = segments

    def __repr__(self) -> str:
        return f"Packet(hash_={self.hash_:#010x}, len_bytes={self.len_bytes}, key={self.key!r})"
