# SPDX-License-Identifier: GPL-2.0-or-later
"""The whole suite on one kernel, in as many guests at a time as there are processors."""

import os
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from typing import Final

from hhf_testbed.conform.lab import Lab
from hhf_testbed.errors import LabFailure
from hhf_testbed.guests.command import SEED_MAX
from hhf_testbed.model.features import Features
from hhf_testbed.regress.claim import Claim
from hhf_testbed.regress.conformance import Drawn, try_one
from hhf_testbed.regress.outcome import BAD, Outcome, Seen, judge
from hhf_testbed.regress.shard import Bed, run_claims

SEEDS_APART: Final = 1_000_003


class _Ended(LabFailure):
    """No more is wanted."""


class SuiteRun:
    """One run of claims.

    Args:
        lab: the kernel and the modules.
        features: what this kernel is known to have.
        seed: of everything random.
        tell: hears each outcome as soon as it is known, from several threads but never from two
            at a time.
        until_bad: end at the first outcome that is bad.
        wanted: asked several times a second; False ends it early.
        cpus: host processors to use; one guest at a time on each.
    """

    def __init__(
        self,
        lab: Lab,
        features: Features,
        seed: int,
        tell: Callable[[Outcome], None] = lambda _: None,
        *,
        until_bad: bool = False,
        wanted: Callable[[], bool] = lambda: True,
        cpus: Sequence[int] | None = None,
    ) -> None:
        self._lab, self._features, self._seed, self._tell = lab, features, seed, tell
        self._bed = Bed(lab.kernel, lab.hhf, lab.key, features)
        self._until_bad, self._wanted = until_bad, wanted
        self._cpus = list(cpus if cpus is not None else sorted(os.sched_getaffinity(0)))
        self._lock, self._stop = threading.Lock(), threading.Event()
        self._outcomes: dict[str, Outcome] = {}

    def run(self, claims: Sequence[Claim], drawn: Sequence[Drawn] = ()) -> list[Outcome]:
        """Try all of them; return their outcomes, in the order of the claims.

        Raises:
            LabFailure: the lab failed; the other guests are ended first.
        """
        self._stop.clear()
        work: queue.SimpleQueue[Callable[[int], None]] = queue.SimpleQueue()
        for number in range(len(self._cpus)):
            share = claims[number :: len(self._cpus)]
            work.put(lambda cpu, n=number, s=share: self._shard(n, s, cpu))  # type: ignore[misc]
        for one in drawn:
            work.put(lambda cpu, one=one: self._drawn(one, cpu))  # type: ignore[misc]
        self._carry_out(work)
        order = {claim.id: n for n, claim in enumerate([*claims, *(one.claim for one in drawn)])}
        return sorted(self._outcomes.values(), key=lambda outcome: order[outcome.claim.id])

    def _carry_out(self, work: queue.SimpleQueue[Callable[[int], None]]) -> None:
        with ThreadPoolExecutor(max_workers=len(self._cpus)) as pool:
            try:
                for done in as_completed(
                    [pool.submit(self._worker, cpu, work) for cpu in self._cpus]
                ):
                    done.result()
            finally:
                self._stop.set()

    def _worker(self, cpu: int, work: queue.SimpleQueue[Callable[[int], None]]) -> None:
        try:
            while not self._stop.is_set():
                work.get_nowait()(cpu)
        except queue.Empty:
            return
        except BaseException:
            self._stop.set()
            raise

    def _shard(self, number: int, claims: Sequence[Claim], cpu: int) -> None:
        run_claims(
            self._bed, claims, self._hear,
            seed=(self._seed * SEEDS_APART + number) % (SEED_MAX + 1), cpu=cpu,
            wanted=lambda: not self._stop.is_set() and self._wanted(),
        )  # fmt: skip

    def _drawn(self, one: Drawn, cpu: int) -> None:
        with suppress(_Ended):
            seen = try_one(self._lab, one, self._features, self._seed, cpu, self._check)
            self._hear(one.claim, seen)

    def _check(self) -> None:
        if self._stop.is_set() or not self._wanted():
            raise _Ended("ended because no more is wanted")

    def _hear(self, claim: Claim, seen: Seen) -> None:
        outcome = judge(claim, seen, self._features, self._seed)
        with self._lock:
            self._outcomes[claim.id] = outcome
            self._tell(outcome)
        if self._until_bad and outcome.status in BAD:
            self._stop.set()
