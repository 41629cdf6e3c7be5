# SPDX-License-Identifier: GPL-2.0-or-later
"""What kernels do differently, one flag per change, and which kernel has which flags.

A version number says little, since stable kernels take fixes out of order: Debian's 6.1.192
behaves like 7.2, and 6.12.107 behaves like neither. So a kernel is described by its flags, and a
running kernel is recognised by probing them one by one (``matching_profiles``).

Sources: the files sch_hhf.c of 2013, 5.10.223, 6.1.192, 6.12.107, 6.12.117 and 7.2.13, and the
commits named below.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Final


@dataclass(frozen=True)
class Features:
    """The flags; ``CHANGES`` tells what each means. The default is the newest kernel known."""

    limit_inclusive: bool = True
    checked_before_lock: bool = True
    hash_dissected: bool = True
    hash_siphash: bool = True
    parent_told_bytes: bool = True
    peeked_bytes_counted: bool = True
    zero_quantum_refused: bool = True
    peeked_trimmed: bool = True
    peeked_trim_counted: bool = True
    reset_forgets_flows: bool = True
    initial_quantum_clamped: bool = True
    quantum_floor: bool = True
    hh_limit_capped: bool = True
    parent_told_on_cn: bool = False


@dataclass(frozen=True)
class Change:
    """One change to the kernel: who made it, and what it does, in words."""

    feature: str
    commit: str
    subject: str
    without: str
    with_: str


CHANGES: Final = (
    Change(
        "limit_inclusive",
        "b2ce49e7375f",
        "sch_hhf: fix comparison of qlen and limit",
        "holds limit - 1 packets; with limit 1 nothing is ever sent",
        "holds limit packets",
    ),
    Change(
        "checked_before_lock",
        "f6a082fed1e6",
        "net: sched: lock imbalance in hhf qdisc",
        "a refused quantum or weight leaves the new limit in force and the lock held: a hang",
        "a refused change changes nothing",
    ),
    Change(
        "hash_dissected",
        "",
        "sched: Call skb_get_hash_perturb in sch_hhf",
        "flow = the socket if the packet has one (all destinations of a UDP socket are one flow), "
        "else jhash of the 5-tuple, another one in each direction",
        "flow = the dissected 5-tuple, the same in both directions",
    ),
    Change(
        "hash_siphash",
        "55667441c84f",
        "net/flow_dissector: switch to siphash",
        "flows are hashed with jhash and 32 secret bits",
        "flows are hashed with siphash and 128 secret bits",
    ),
    Change(
        "parent_told_bytes",
        "2ccccf5fb43f",
        "net_sched: update hierarchical backlog too",
        "the parent is told of dropped packets, not of their bytes",
        "the parent is told of dropped packets and bytes",
    ),
    Change(
        "peeked_bytes_counted",
        "a27758ffaf96",
        "net_sched: keep backlog updated with qlen",
        "a packet that the parent has peeked at counts in the queue length, not in the backlog",
        "a packet that the parent has peeked at counts in both",
    ),
    Change(
        "zero_quantum_refused",
        "d4d6ec6dac07",
        "sch_hhf: ensure quantum and hhf_non_hh_weight are non-zero",
        "quantum 0 or weight 0 is accepted, and dequeue hangs",
        "weight 0 is EINVAL, and so is quantum 0 (if no floor lifts it)",
    ),
    Change(
        "peeked_trimmed",
        "2d3cbfd6d54a",
        "net_sched: Flush gso_skb list too during ->change()",
        "change to limit 0 with a peeked packet in the queue hangs",
        "change to a lower limit drops the peeked packet first",
    ),
    Change(
        "peeked_trim_counted",
        "52bf272636bd",
        "net/sched: Fix backlog accounting in qdisc_dequeue_internal",
        "the bytes of a peeked packet that is trimmed stay in the backlog for ever",
        "the bytes of a peeked packet that is trimmed leave the backlog",
    ),
    Change(
        "reset_forgets_flows",
        "a225f8c20712",
        "net/sched: hhf: clear heavy-hitter state on reset",
        "known heavy hitters and counters survive link down and up",
        "link down forgets heavy hitters and counters",
    ),
    Change(
        "initial_quantum_clamped",
        "2164b512b97b",
        "net/sched: hhf: clamp quantum before hhf_change() to avoid overflow",
        "the default quantum is the MTU plus link header",
        "the default quantum is the MTU plus link header, kept within 256 to 1048576 bytes",
    ),
    Change(
        "quantum_floor",
        "eb56a495f59b",
        "net/sched: hhf: clamp quantum in change and init paths",
        "quantum may be 1 byte; 0 has no special place",
        "a quantum below 256 bytes, 0 too, becomes 256 bytes",
    ),
    Change(
        "hh_limit_capped",
        "2cef2588c995",
        "net/sched: hhf: cap hh_flows_limit at change time",
        "any hh_limit may be set by change; one given to add is lost, it becomes 2048",
        "hh_limit above 2048 is ERANGE; one given to add is kept",
    ),
    Change(
        "parent_told_on_cn",
        "",
        "(no kernel does this yet; fq_codel does since 80e509db54c8)",
        "after NET_XMIT_CN the parent's backlog is wrong by the two packets' difference in length",
        "after NET_XMIT_CN the parent is told the two packets' difference in length",
    ),
)

CURRENT: Final = Features()
EARLY_6_12: Final = replace(
    CURRENT,
    peeked_trim_counted=False,
    initial_quantum_clamped=False,
    quantum_floor=False,
    hh_limit_capped=False,
)
LINUX_5_10: Final = replace(EARLY_6_12, peeked_trimmed=False, reset_forgets_flows=False)
SEED_2013: Final = replace(
    LINUX_5_10,
    limit_inclusive=False,
    checked_before_lock=False,
    hash_dissected=False,
    hash_siphash=False,
    parent_told_bytes=False,
    peeked_bytes_counted=False,
    zero_quantum_refused=False,
)
PROFILES: Final[Mapping[str, Features]] = {
    "2013": SEED_2013,
    "5.10": LINUX_5_10,  # read in 5.10.223
    "6.1": CURRENT,  # read in 6.1.192
    "6.12-early": EARLY_6_12,  # read in 6.12.107
    "6.12": CURRENT,  # read in 6.12.117
    "7.2": CURRENT,  # read in 7.2.13
}


def differences(before: Features, after: Features) -> list[Change]:
    """Return the changes that one of the two has and the other has not, oldest first."""
    return [c for c in CHANGES if getattr(before, c.feature) != getattr(after, c.feature)]


def describe(before: Features, after: Features) -> list[str]:
    """Say in words what is different in ``after``, one sentence for each change."""
    return [_sentence(change, after) for change in differences(before, after)]


def _sentence(change: Change, after: Features) -> str:
    became, was = change.with_, change.without
    if not getattr(after, change.feature):
        became, was = was, became
    source = f"{change.commit} " if change.commit else ""
    return f"{became} [before: {was}] ({source}{change.subject})"


def matching_profiles(probed: Mapping[str, bool]) -> list[str]:
    """Return the profiles that agree with what was probed in a running kernel."""
    return [
        name
        for name, features in PROFILES.items()
        if all(getattr(features, feature) == seen for feature, seen in probed.items())
    ]


def feature_names() -> list[str]:
    """Return the names of all flags."""
    return [field.name for field in fields(Features)]
