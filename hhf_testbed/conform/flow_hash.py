# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel's own flow hash, computed from the secret of the qdisc under test.

So every collision is predicted, in scenarios of thousands of flows too: the comparison is exact
and has no error rate.

Mirrors ``skb_get_hash_perturb``, ``__flow_hash_from_keys``, ``__flow_hash_consistentify`` and
``flow_keys_hash_length`` of net/core/flow_dissector.c, and ``siphash`` of lib/siphash.c
(SipHash-2-4 of J.-P. Aumasson and D. J. Bernstein, 2012), Linux 6.12.117. What is hashed are 48
bytes of ``struct flow_keys``: from ``basic`` to the IPv4 addresses and, because of the struct's
alignment, four zero bytes more. The secret comes out of the guest by hhf_key.c.
"""

import struct
from functools import cache, lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]

ETH_P_IP: Final = 0x0800
UDP: Final = 17
DESTINATION: Final = bytes((10, 2, 0, 1))
DESTINATION_PORT: Final = 0x1000
KEYS: Final = struct.Struct("<2sBx 20x 4x HH 4x II 4x")
"""basic; tags, vlan, cvlan (20 bytes); keyid; ports; icmp; addresses; see above."""
HASHED_BYTES: Final = KEYS.size
INITIAL: Final = (0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573)


def five_tuple(flow: int) -> tuple[bytes, bytes, bytes, bytes]:
    """Return source, destination, source port and destination port; as in driver/frame.c."""
    low = flow.to_bytes(2, "big")
    return bytes((10, 1)) + low, DESTINATION, low, DESTINATION_PORT.to_bytes(2, "big")


def flow_keys(flow: int) -> bytes:
    """Return the hashed bytes. Addresses and ports are sorted, as little-endian numbers."""
    source, destination, *ports = five_tuple(flow)
    addresses = sorted(int.from_bytes(a, "little") for a in (source, destination))
    numbers = sorted(int.from_bytes(port, "little") for port in ports)
    return KEYS.pack(ETH_P_IP.to_bytes(2, "big"), UDP, *numbers, *addresses)


@lru_cache(maxsize=2)
def flow_hashes(flows: int, key: bytes) -> list[int]:
    """Return the 32-bit hashes of flows 0 to ``flows`` - 1."""
    hashes = (siphash(_blocks(flows), key) & np.uint64(0xFFFF_FFFF)).tolist()
    return [hash_ or 1 for hash_ in hashes]


@cache
def _blocks(flows: int) -> Words:
    """The hashed bytes of each flow, a row of words; most of the work, and the same for any key."""
    data = b"".join(flow_keys(flow) for flow in range(flows))
    return np.frombuffer(data, "<u8").reshape(flows, HASHED_BYTES // 8)


def siphash(blocks: Words, key: bytes) -> Words:
    """Return SipHash-2-4 of each row, which is a whole number of 64-bit words."""
    rows, words = blocks.shape
    halves = struct.unpack("<QQ", key)
    v = [np.full(rows, INITIAL[i] ^ halves[i % 2], np.uint64) for i in range(4)]
    length = np.full(rows, words * 8 << 56 & 0xFFFF_FFFF_FFFF_FFFF, np.uint64)
    for word in [*blocks.T, length]:
        v[3] ^= word
        _rounds(v, 2)
        v[0] ^= word
    v[2] ^= np.uint64(0xFF)
    _rounds(v, 4)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def _rounds(v: list[Words], count: int) -> None:
    """SIPROUND of lib/siphash.c."""
    for _ in range(count):
        v[0] += v[1]
        v[1] = _rotate(v[1], 13) ^ v[0]
        v[0] = _rotate(v[0], 32)
        v[2] += v[3]
        v[3] = _rotate(v[3], 16) ^ v[2]
        v[0] += v[3]
        v[3] = _rotate(v[3], 21) ^ v[0]
        v[2] += v[1]
        v[1] = _rotate(v[1], 17) ^ v[2]
        v[2] = _rotate(v[2], 32)


def _rotate(word: Words, bits: int) -> Words:
    return (word << np.uint64(bits)) | (word >> np.uint64(64 - bits))
