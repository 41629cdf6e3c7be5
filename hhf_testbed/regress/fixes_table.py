# SPDX-License-Identifier: GPL-2.0-or-later
"""docs/known-fixes.md: which fix is in which kernel, and which claims see whether it is there.

python -m hhf_testbed.regress.fixes_table > docs/known-fixes.md
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from hhf_testbed.model.features import CHANGES, PROFILES, Change
from hhf_testbed.regress.claim import all_claims

WITNESSES: Final[Mapping[str, Sequence[str]]] = {
    "limit_inclusive": (
        "limits.exactly_limit_packets_are_held",
        "limits.limit_1_lets_a_packet_at_a_time_through",
    ),
    "hash_siphash": (
        "flow_table.the_ten_low_bits_of_the_hash_are_the_slot",
        "hashing.all_bits_of_the_hash_make_the_flow",
    ),
    "parent_told_bytes": (
        "parent_accounting.parents_know_the_bytes_of_a_drop_from_the_other_bucket",
        "trimming.the_parent_is_told_of_trimmed_packets",
    ),
    "peeked_bytes_counted": ("gso.below_tbf_hhf_gets_the_frames",),
}
"""Claims that fail without a fix, where no kernel that the suite runs on lacks it. Others say by
their ``needs`` which it is."""

UNFLAGGED: Final = (
    Change("", "32db864d33c2", "sch_hhf: fix null pointer dereference on init failure",
           "a refused add crashes the kernel", "a refused add leaves the interface as it was"),
    Change("", "3cb7cf1540dd", "net/sched: accept TCA_STAB only for root qdisc",
           "a size table below a class spoils the parents' backlog", "such a table is refused"),
)  # fmt: skip
"""Fixes that no profile tells apart: it is the whole kernel that has them or not."""
UNFLAGGED_WITNESSES: Final = {
    "32db864d33c2": ("defaults.a_refused_add_leaves_the_interface_as_it_was",),
    "3cb7cf1540dd": ("known_fixes.a_size_table_below_a_class_does_no_harm",),
}

HEAD: Final = """\
# Known fixes

What has been mended in `net/sched/sch_hhf.c` and around it, in which kernel it is, and which claims
of `hhf regress` fail without it. A kernel is known by what it does (`hhf model probe`), not by its
number: the columns are the profiles of `hhf_testbed/model/features.py`. Where a profile says no,
the claims must fail, and that one holds is told, too.

This file is written by `python -m hhf_testbed.regress.fixes_table`; a test compares them.
"""
MIDDLE: Final = """
Fixes that no profile tells apart, for it is not in `sch_hhf.c` that they are, or every kernel that
can be built here has them:
"""
TAIL: Final = """
Some changes cannot be seen from outside, so no claim is about them: packets freed after the lock
is given back (520ac30f4551, 1b5c5493e3e6), the end of the drop operation (a09ceb0e0814), reading
without the lock for a dump (293c7e2b3e2f, a6edf2cd4156), the alias by which the module is loaded
(`MODULE_ALIAS_NET_SCH`), and a check for a message without options that the core never sends.
"""


def fixes_document() -> str:
    """Return the whole text of docs/known-fixes.md."""
    flagged = table(("with it", "fix", "claims", *PROFILES), map(_row, CHANGES))
    others = table(("with it", "fix", "claims"), map(_unflagged_row, UNFLAGGED))
    return "\n".join((HEAD, *flagged, MIDDLE, *others)) + "\n" + TAIL


def table(head: Sequence[str], rows: Iterator[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a Markdown table."""
    for cells in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def witnesses(feature: str) -> list[str]:
    """Return the claims that fail on a kernel without this feature."""
    needing = [claim.id for claim in all_claims() if claim.needs == feature]
    return [*needing, *WITNESSES.get(feature, ())]


def _row(change: Change) -> Sequence[str]:
    has = ["yes" if getattr(profile, change.feature) else "no" for profile in PROFILES.values()]
    return change.with_, _fix(change), _ids(witnesses(change.feature)), *has


def _unflagged_row(change: Change) -> Sequence[str]:
    return change.with_, _fix(change), _ids(UNFLAGGED_WITNESSES[change.commit])


def _fix(change: Change) -> str:
    return f"{change.commit} {change.subject}".strip()


def _ids(claims: Sequence[str]) -> str:
    return "<br>".join(f"`{name}`" for name in claims)


if __name__ == "__main__":
    sys.stdout.write(fixes_document())
