# SPDX-License-Identifier: GPL-2.0-or-later
"""Outcomes in KTAP, version 1 (Documentation/dev-tools/ktap.rst): areas, and claims below them."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from hhf_testbed.regress.outcome import BAD, Outcome, Status


def ktap(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield the lines. A known bug is an expected failure; a broken claim is an error."""
    areas = [(area, list(group)) for area, group in groupby(outcomes, lambda one: one.claim.area)]
    yield "KTAP version 1"
    yield f"1..{len(areas)}"
    for number, (area, group) in enumerate(areas, 1):
        yield "  KTAP version 1"
        yield f"  # Subtest: {area}"
        yield f"  1..{len(group)}"
        for place, outcome in enumerate(group, 1):
            yield from (f"  {line}" for line in _claim(place, outcome))
        yield f"{_ok(group)} {number} {area}"


def _ok(group: Sequence[Outcome]) -> str:
    bad = any(one.status in BAD or one.status is Status.BROKEN for one in group)
    return "not ok" if bad else "ok"


def _claim(place: int, outcome: Outcome) -> Iterator[str]:
    seen, status = outcome.seen, outcome.status
    if status is not Status.HOLDS:
        told = [seen.words(), *seen.diary, *seen.console]
        for line in (line for text in told for line in text.splitlines()):
            yield f"# {line}"
    name = outcome.claim.name
    if status is Status.HOLDS:
        yield f"ok {place} {name}"
    elif status is Status.KNOWN:
        yield f"ok {place} {name} # XFAIL {outcome.fix}"
    elif status is Status.UNTRIED:
        yield f"ok {place} {name} # SKIP {seen.what}"
    elif status is Status.FIXED:
        yield f"not ok {place} {name} # holds, though a known bug was expected"
    else:
        yield f"not ok {place} {name}" + (" # ERROR" if status is Status.BROKEN else "")
