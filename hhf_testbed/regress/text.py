# SPDX-License-Identifier: GPL-2.0-or-later
"""Outcomes for people."""

import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from hhf_testbed.regress.outcome import Outcome, Status

MOST_DETAILS: Final = 6
ORDER: Final = tuple(Status)


def table(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield a line for each area, and one for all: how many claims hold, are refuted and so on."""
    areas = sorted({outcome.claim.area for outcome in outcomes})
    width = max(map(len, [*areas, "all"]))
    for area in areas:
        yield f"{area:{width}}  {_counts([o for o in outcomes if o.claim.area == area])}"
    yield f"{'all':{width}}  {_counts(outcomes)}"


def known_bugs(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield what this kernel is known to do wrong, and the claims that fail for it, bug by bug."""
    found: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.status is Status.KNOWN:
            found.setdefault(outcome.claim.needs, []).append(outcome)
    for group in found.values():
        change = group[0].known
        if change:
            yield f"KNOWN BUG: {change.without}"
            yield f"  fix: {group[0].fix}"
            yield from (f"  refuted, as it must be: {one.claim.id}" for one in group)


def _counts(outcomes: Sequence[Outcome]) -> str:
    found = Counter(outcome.status for outcome in outcomes)
    words = {Status.HOLDS: "hold", Status.KNOWN: "known bug"}
    return ", ".join(f"{found[s]} {words.get(s, s)}" for s in ORDER if found[s])


def told(outcomes: Sequence[Outcome], again: Sequence[str]) -> Iterator[str]:
    """Yield what must be told of outcomes that are not as they must be: of many, only of some all.

    ``again`` is the command that tries a claim once more, without seed and claim.
    """
    told_elsewhere = (Status.HOLDS, Status.KNOWN, Status.UNTRIED)
    bad = [one for one in outcomes if one.status not in told_elsewhere]
    for outcome in bad[:MOST_DETAILS]:
        yield from detail(outcome, again)
        yield ""
    if rest := bad[MOST_DETAILS:]:
        yield f"{len(rest)} more, of which --json tells what was seen:"
        yield from (f"  {one.status}: {one.claim.id}: {one.claim.title}" for one in rest)


def detail(outcome: Outcome, again: Sequence[str]) -> Iterator[str]:
    """Yield the lines that tell of one outcome that is not simply "holds".

    ``again`` is the command that tries a claim once more, without seed and claim.
    """
    claim, seen, change = outcome.claim, outcome.seen, outcome.known
    yield f"{outcome.status.upper()}: {claim.id}"
    yield f"  claimed: {claim.title}"
    if outcome.status is Status.FIXED and change:
        yield f"  seen: it holds, though this kernel is known not to have: {change.with_}"
        yield "  mended: take it into the features of this kernel (hhf_testbed/model/features.py)"
        return
    yield f"  seen: {seen.words()}"
    yield from (f"  because: {line}" for line in claim.text.splitlines()[1:] if line)
    for title, lines in (("what was done", seen.diary), ("what the kernel said", seen.console)):
        if lines:
            yield f"  {title}:"
            yield from (f"    {line}" for line in lines)
    yield f"  again: {shlex.join([*again, '--seed', str(outcome.seed), claim.id])}"
