# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes a scenario that diverges as small as it can be made, by trying.

Delta debugging (A. Zeller and R. Hildebrandt, "Simplifying and Isolating Failure-Inducing Input",
IEEE TSE 28(2), 2002), over the steps first and then over all else. All candidates of a round are
tried together, because a guest plays hundreds of scenarios at one go.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from hhf_testbed.conform.scenario import Scenario
from hhf_testbed.conform.steps import MIN_FRAME_BYTES, Change, Enqueue, Sample, Step
from hhf_testbed.errors import RequestError

NOTHING: Final[Mapping[int, int]] = {}

Oracle = Callable[[Sequence[Scenario]], Sequence[bool]]
"""Tells for each scenario whether it diverges."""

MAX_PARTS: Final = 64
"""Candidates in one round."""
MAX_PACKETS_PER_ROUND: Final = 60_000
DEADLINE_S: Final = 120.0


def shrink(
    scenario: Scenario,
    diverges: Oracle,
    *,
    deadline_s: float = DEADLINE_S,
    clock: Callable[[], float] = time.monotonic,
) -> Scenario:
    """Return the smallest scenario found in ``deadline_s`` that still diverges."""
    end = clock() + deadline_s
    search = _Search(diverges, lambda: clock() >= end)
    best = search.first(scenario, _shorter(scenario))
    while True:
        before = best
        best = search.fewer_steps(best)
        best = search.simpler(best)
        if best == before or clock() >= end:
            return replace(best, note=f"shrunk from {len(scenario.steps)} steps")


class _Search:
    def __init__(self, diverges: Oracle, late: Callable[[], bool]) -> None:
        self._diverges, self._late = diverges, late

    def first(self, best: Scenario, candidates: Sequence[Scenario]) -> Scenario:
        """Return the first candidate that diverges, else ``best``."""
        if not candidates or self._late():
            return best
        found = self._diverges(candidates)
        return next((c for c, bad in zip(candidates, found, strict=True) if bad), best)

    def fewer_steps(self, best: Scenario) -> Scenario:
        """Remove parts of the steps, in halves first and one by one at last."""
        parts = 2
        while len(best.steps) > 1 and not self._late():
            parts = min(parts, len(best.steps))
            smaller = self._without_a_part(best, parts)
            if smaller != best:
                best, parts = smaller, max(2, parts - 1)
            elif parts == len(best.steps):
                break
            else:
                parts *= 2
        return best

    def _without_a_part(self, best: Scenario, parts: int) -> Scenario:
        """Try to leave out each of ``parts`` parts, the later ones first, some at a time."""
        ends = [len(best.steps) * i // parts for i in range(parts + 1)]
        spans = list(pairwise(ends))[::-1]
        room = max(4, min(MAX_PARTS, MAX_PACKETS_PER_ROUND // len(best.steps)))
        for start in range(0, len(spans), room):
            tried = [
                _with_steps(best, best.steps[:low] + best.steps[high:])
                for low, high in spans[start : start + room]
            ]
            smaller = self.first(best, tried)
            if smaller != best:
                return smaller
        return best

    def simpler(self, best: Scenario) -> Scenario:
        """Try plainer parameters, flows and lengths, one at a time until none helps."""
        while not self._late():
            plainer = self.first(best, [plain for plain in _plainer(best) if plain != best])
            if plainer == best:
                return best
            best = plainer
        return best


def _shorter(scenario: Scenario) -> list[Scenario]:
    """Return beginnings of the scenario, the shortest first, each with a sample at its end."""
    sizes = [len(scenario.steps) * i // 16 for i in range(1, 16)]
    return [
        _with_steps(scenario, (*scenario.steps[:n], Sample(scenario.steps[n - 1].at_ns)))
        for n in sizes
        if n
    ]


def _with_steps(scenario: Scenario, steps: Sequence[Step]) -> Scenario:
    return replace(scenario, steps=tuple(steps))


def _plainer(scenario: Scenario) -> Iterator[Scenario]:
    if scenario.start_ns:
        yield replace(scenario, start_ns=0)
    if scenario.parent != "htb":
        yield replace(scenario, parent="htb")
    for name in scenario.hhf:
        rest = {key: value for key, value in scenario.hhf.items() if key != name}
        yield from _if_allowed(scenario, hhf=rest)
    for number, step in enumerate(scenario.steps):
        if isinstance(step, Change):
            yield from _smaller_changes(scenario, number, step)
    sent = [step for step in scenario.steps if isinstance(step, Enqueue)]
    flows = sorted({step.flow for step in sent})
    ranks = {flow: rank for rank, flow in enumerate(flows)}
    yield _mapped(scenario, flows=ranks)
    for flow in flows[1:]:
        yield _mapped(scenario, flows={flow: flows[0]})
    for length in sorted({step.len_bytes for step in sent}):
        for plain in (MIN_FRAME_BYTES, min(1514, scenario.frame_bytes)):
            if plain < length:
                yield _mapped(scenario, lengths={length: plain})
    if scenario.mtu_bytes != 1500:
        yield from _if_allowed(scenario, mtu_bytes=1500)


def _smaller_changes(scenario: Scenario, number: int, step: Change) -> Iterator[Scenario]:
    """Yield the scenario with one parameter less in one change."""
    before, after = scenario.steps[:number], scenario.steps[number + 1 :]
    for name in step.params if len(step.params) > 1 else ():
        rest = {key: value for key, value in step.params.items() if key != name}
        yield _with_steps(scenario, (*before, Change(step.at_ns, rest), *after))


def _mapped(
    scenario: Scenario, flows: Mapping[int, int] = NOTHING, lengths: Mapping[int, int] = NOTHING
) -> Scenario:
    """Return the scenario with some flows and lengths replaced by others."""

    def plain(step: Step) -> Step:
        if not isinstance(step, Enqueue):
            return step
        flow = flows.get(step.flow, step.flow)
        return replace(step, flow=flow, len_bytes=lengths.get(step.len_bytes, step.len_bytes))

    return replace(scenario, steps=tuple(map(plain, scenario.steps)))


def _if_allowed(scenario: Scenario, **changes: object) -> Iterator[Scenario]:
    try:
        yield replace(scenario, **changes)  # type: ignore[arg-type]
    except RequestError:
        return
