# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the trials of a run, each in a guest of its own, as many at once as there are processors."""

import os
import queue
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

from hhf_testbed.errors import LabFailure
from hhf_testbed.experiments.specification import RunSpec
from hhf_testbed.guests import OUTPUT, GuestCommand
from hhf_testbed.guests import run as run_guest
from hhf_testbed.kernels import Kernel
from hhf_testbed.paths import package_dir
from hhf_testbed.progress import Reporter
from hhf_testbed.store.run_directory import write_json
from hhf_testbed.tc.qdisc import QdiscSpec
from hhf_testbed.traffic.patience import patience_library

GUEST_GRACE_S = 300.0
"""Guest seconds beyond the scenario's own: set-up takes none in virtual time, some in real."""
WALL_S_PER_VIRTUAL_S = 20.0
WALL_GRACE_S = 300.0
"""Seen: under 1 s of wall time per virtual second at 50 Mbit/s; the rest is for slow hosts."""
BASE_RATE_BPS = 50_000_000


def conduct(
    spec: RunSpec, kernel: Kernel, directory: Path, reporter: Reporter
) -> Iterator[QdiscSpec]:
    """Run every trial into ``directory/trials/KIND``; yield each qdisc when its trial has ended.

    Raises:
        LabFailure: a trial failed; the others are ended first.
    """
    patience = patience_library()
    processors: queue.SimpleQueue[int] = queue.SimpleQueue()
    for processor in sorted(os.sched_getaffinity(0)):
        processors.put(processor)
    clock = _Clock(len(spec.qdiscs) * int(spec.scenario.duration_s))
    stop = threading.Event()

    def trial(qdisc: QdiscSpec) -> QdiscSpec:
        processor = processors.get()
        try:
            _trial(spec, qdisc, kernel, directory, patience, processor, clock, stop)
        finally:
            processors.put(processor)
        return qdisc

    pool = ThreadPoolExecutor(max_workers=processors.qsize())
    names = ", ".join(qdisc.kind for qdisc in spec.qdiscs)
    with reporter.step(
        f"Measuring {names}", total=clock.total_s, unit="s of the guests' clocks"
    ) as step:
        futures = {pool.submit(trial, qdisc) for qdisc in spec.qdiscs}
        try:
            yield from _as_they_end(futures, lambda: step.at(clock.done_s()))
        finally:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)


def _as_they_end(futures: set[Future[QdiscSpec]], poll: Callable[[], None]) -> Iterator[QdiscSpec]:
    while futures:
        done, futures = wait(futures, timeout=0.2, return_when=FIRST_COMPLETED)
        poll()
        for future in done:
            yield future.result()


class _Clock:
    """The guests' clocks, added up; each trial prints its seconds as they pass."""

    def __init__(self, total_s: int) -> None:
        self.total_s = total_s
        self._seconds: dict[str, int] = {}

    def sink(self, name: str) -> Callable[[bytes], None]:
        def take(chunk: bytes) -> None:
            for word in chunk.split():
                self._seconds[name] = max(int(word), self._seconds.get(name, 0))

        return take

    def done_s(self) -> int:
        return sum(self._seconds.values())


def _trial(
    spec: RunSpec,
    qdisc: QdiscSpec,
    kernel: Kernel,
    directory: Path,
    patience: Path,
    processor: int,
    clock: _Clock,
    stop: threading.Event,
) -> None:
    files = directory / "trials" / qdisc.kind
    files.mkdir(parents=True)
    scenario = spec.scenario.model_dump(mode="json")
    write_json(
        files / "trial.json", {"scenario": scenario, "qdisc": qdisc.to_json(), "seed": spec.seed}
    )
    work = spec.scenario.duration_s * max(1.0, spec.scenario.rate_bps / BASE_RATE_BPS)
    command = GuestCommand(
        (sys.executable, "-P", "-m", "hhf_testbed.trial", str(OUTPUT), str(patience)),
        output=files,
        env={"PYTHONPATH": str(package_dir().parent)},
        clock=spec.clock,
        seed=spec.seed,
        deadline_s=spec.scenario.duration_s + GUEST_GRACE_S,
        wall_deadline_s=work * WALL_S_PER_VIRTUAL_S + WALL_GRACE_S,
        cpu=processor,
    )
    try:
        result = run_guest(
            kernel, command, stdout=clock.sink(qdisc.kind), poll=lambda: _check(stop)
        )
    except LabFailure as error:
        raise LabFailure(f"the trial of {qdisc.kind} failed: {error}") from error
    (files / "console.txt").write_text(result.console)
    if result.status != 0:
        said = result.stderr.decode(errors="replace").strip()
        raise LabFailure(f"the trial of {qdisc.kind} failed: {said or 'it said nothing'}")


def _check(stop: threading.Event) -> None:
    if stop.is_set():
        raise LabFailure("ended because another trial failed")
