# SPDX-License-Identifier: GPL-2.0-or-later
"""The flow hash of the 2013 version, for callers that replay traffic through that profile.

It reads addresses and ports as they lie in memory, in network byte order, so its values here are
those of a little-endian machine. Unlike today's hash it depends on the direction: a connection's
two halves are two flows.

A packet that belongs to a local socket was not hashed at all: the kernel took ``sk->sk_hash``.
For such packets the caller gives any number that is the same for all packets of one socket.

References: ``skb_hash`` of net/sched/sch_hhf.c of 2013, ``jhash_3words`` of include/linux/jhash.h
(Bob Jenkins's lookup3, the same then and in 6.12.117), ``skb_flow_dissect`` for the words.
"""

from typing import Final

from hhf_testbed.errors import RequestError
from hhf_testbed.model.jiffies import U32_MAX

JHASH_INITVAL: Final = 0xDEAD_BEEF
FINAL_ROTATIONS: Final = (14, 11, 25, 16, 4, 14, 24)


def seed_hash(
    source: bytes, destination: bytes, protocol: int, ports: bytes, perturbation: int
) -> int:
    """Return the 2013 flow hash of a packet without a socket (``skb_hash``).

    Args:
        source: address as in the packet, 4 or 16 bytes.
        destination: address as in the packet, 4 or 16 bytes.
        protocol: IP protocol number.
        ports: source port and destination port as in the packet, 4 bytes; zeros if there is none.
        perturbation: the qdisc's 32 secret bits.
    """
    return jhash_3words(_word(destination), _word(source) ^ protocol, _word(ports), perturbation)


def _word(octets: bytes) -> int:
    """Return the bytes as one little-endian word; four words are XOR-ed (``ipv6_addr_hash``)."""
    if len(octets) not in (4, 16):
        raise RequestError(f"{octets!r} is {len(octets)} bytes long; allowed is 4 or 16")
    word = 0
    for start in range(0, len(octets), 4):
        word ^= int.from_bytes(octets[start : start + 4], "little")
    return word


def jhash_3words(first: int, second: int, third: int, initval: int) -> int:
    """Return Jenkins's hash of three 32-bit words (``jhash_3words``)."""
    start = initval + JHASH_INITVAL + (3 << 2)
    words = [(word + start) & U32_MAX for word in (first, second, third)]
    target, source = 2, 1  # c takes from b, then a from c, then b from a, and round again
    for rotation in FINAL_ROTATIONS:
        mixed = words[target] ^ words[source]
        words[target] = (mixed - _rotate_left(words[source], rotation)) & U32_MAX
        target, source = (target + 1) % 3, target
    return words[2]


def _rotate_left(word: int, bits: int) -> int:
    return (word << bits | word >> 32 - bits) & U32_MAX
