# SPDX-License-Identifier: GPL-2.0-or-later
"""Many scenarios on one kernel, in as many guests at a time as there are processors."""

import os
import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from hhf_testbed.conform.compare import Verdict, compare
from hhf_testbed.conform.lab import Lab
from hhf_testbed.conform.scenario import Scenario
from hhf_testbed.errors import LabFailure
from hhf_testbed.guests.command import SEED_MAX
from hhf_testbed.model import Features

PACKETS_PER_GUEST: Final = 25_000
SCENARIOS_PER_GUEST: Final = 64
Judged = tuple[Scenario, Verdict]


@dataclass
class Tally:
    """What has been compared so far."""

    scenarios: int = 0
    packets: int = 0
    departures: int = 0
    drops: int = 0
    samples: int = 0
    admissions: int = 0
    diverged: list[Judged] = field(default_factory=list)

    def count(self, scenario: Scenario, verdict: Verdict) -> None:
        """Add one scenario."""
        self.scenarios += 1
        for name in ("packets", "departures", "drops", "samples", "admissions"):
            setattr(self, name, getattr(self, name) + getattr(verdict, name))
        if verdict.difference:
            self.diverged.append((scenario, verdict))


def batches(scenarios: Iterable[Scenario]) -> Iterator[list[Scenario]]:
    """Share the scenarios out to guests; one with a fixed start must be the first in its guest."""
    batch: list[Scenario] = []
    packets = 0
    for scenario in scenarios:
        full = packets >= PACKETS_PER_GUEST or len(batch) >= SCENARIOS_PER_GUEST
        if batch and (full or scenario.start_ns):
            yield batch
            batch, packets = [], 0
        batch.append(scenario)
        packets += scenario.packets
    if batch:
        yield batch


class Campaign:
    """Plays scenarios on a kernel and compares each with the model.

    Args:
        lab: the kernel.
        seed: of everything random in the guests, such as the hash keys; with their number.
        features: which kernel the model shall be, as the package ``recognise`` found them.

    Raises:
        LabFailure: the kernel has another flow hash than ``flow_hash`` computes.
    """

    def __init__(self, lab: Lab, seed: int, features: Features) -> None:
        if not (features.hash_siphash and features.hash_dissected):
            raise LabFailure(
                f"kernel {lab.kernel.release} does not hash flows with siphash, as since Linux 5.4;"
                " without the hashes of its flows the model cannot follow it"
            )
        self._lab, self._seed, self._features = lab, seed, features
        self._processors: queue.SimpleQueue[int] = queue.SimpleQueue()
        for processor in sorted(os.sched_getaffinity(0)):
            self._processors.put(processor)
        self._count = self._processors.qsize()
        self._stop = threading.Event()

    def judge(self, scenarios: Iterable[Scenario], *, history: bool = False) -> Iterator[Judged]:
        """Yield each scenario with its verdict, in no certain order.

        Raises:
            LabFailure: a guest failed; the others are ended first.
        """
        self._stop.clear()
        waiting = enumerate(batches(scenarios))
        with ThreadPoolExecutor(max_workers=self._count) as pool:
            running: set[Future[list[Judged]]] = set()
            try:
                while True:
                    for number, batch in islice(waiting, self._count + 1 - len(running)):
                        running.add(pool.submit(self._guest, number, batch, history))
                    if not running:
                        return
                    done, running = wait(running, return_when=FIRST_COMPLETED)
                    for future in done:
                        yield from future.result()
            finally:
                self._stop.set()
                for future in running:
                    future.cancel()

    def diverges(self, scenarios: Sequence[Scenario]) -> list[bool]:
        """Tell for each scenario whether it diverges: the oracle of ``shrink``."""
        found = {id(scenario): verdict for scenario, verdict in self.judge(scenarios)}
        return [bool(found[id(scenario)].difference) for scenario in scenarios]

    def _guest(self, number: int, batch: list[Scenario], history: bool) -> list[Judged]:
        processor = self._processors.get()
        try:
            seed = (self._seed * 1_000_003 + number) % SEED_MAX
            recordings = self._lab.play(batch, seed=seed, cpu=processor, poll=self._check)
        finally:
            self._processors.put(processor)
        hz, features = self._lab.kernel.hz, self._features
        return [
            (r.scenario, compare(r, hz, features=features, history=history)) for r in recordings
        ]

    def _check(self) -> None:
        if self._stop.is_set():
            raise LabFailure("ended because another guest failed")


def tally(judged: Iterable[Judged], tell: Callable[[Tally], None] = lambda _: None) -> Tally:
    """Add everything up; ``tell`` hears after each scenario."""
    total = Tally()
    for scenario, verdict in judged:
        total.count(scenario, verdict)
        tell(total)
    return total
