# SPDX-License-Identifier: GPL-2.0-or-later
"""The 32-bit flow hash of a captured packet, keyed as the kernel's is.

The kernel draws the key of each qdisc at random and tells nobody, so no program can know the hashes
of a real one. HHF only asks which flows share counters; a keyed blake2 in place of siphash shares
them with the same probability. Which ones it is depends on the key: try several (``--seeds``).
"""

import hashlib

from hhf_testbed.measure.headers import FlowKey
from hhf_testbed.model import Features
from hhf_testbed.model.seed_hash import seed_hash

LONGEST_KEY_BYTES = 64


def same_flow(key: FlowKey, features: Features) -> FlowKey:
    """Return what is the same for all packets of the flow.

    Addresses and ports are sorted, each for itself, so both directions are one flow
    (``__flow_hash_consistentify``). The version of 2013 keeps directions apart.
    """
    ethertype, protocol, source, target, ports, more = key
    if not features.hash_dissected:
        return key
    low, high = sorted((source, target))
    first, second = sorted((ports[:2], ports[2:]))
    return (ethertype, protocol, low, high, first + second, more)


def flow_hash(key: FlowKey, seed: int, features: Features) -> int:
    """Return the hash of what ``same_flow`` gave. Today's is never 0 (hhf-facts 7.1)."""
    ethertype, protocol, source, target, ports, more = key
    secret = hashlib.blake2b(f"hhf replay {seed}".encode(), digest_size=LONGEST_KEY_BYTES).digest()
    if not features.hash_dissected:
        perturbation = int.from_bytes(secret[:4], "little")
        nothing = bytes(4)
        return seed_hash(source or nothing, target or nothing, protocol, ports, perturbation)
    text = ethertype.to_bytes(2, "big") + bytes((protocol,)) + source + target + ports + more
    digest = hashlib.blake2b(text, digest_size=4, key=secret).digest()
    return int.from_bytes(digest, "little") or 1
