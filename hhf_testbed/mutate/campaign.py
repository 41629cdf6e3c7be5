# SPDX-License-Identifier: GPL-2.0-or-later
"""Many faults, one on each processor at a time."""

import os
import queue
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from hhf_testbed.errors import LabFailure
from hhf_testbed.mutate.fault import Fault
from hhf_testbed.mutate.trial import Bench, Tried


def try_all(bench: Bench, faults: Sequence[Fault]) -> Iterator[Tried]:
    """Yield what becomes of each fault, as soon as it is known.

    Raises:
        LabFailure: the lab failed; the other guests are ended first.
    """
    cpus = sorted(os.sched_getaffinity(0))
    waiting: queue.SimpleQueue[Fault] = queue.SimpleQueue()
    for fault in faults:
        waiting.put(fault)
    done: queue.SimpleQueue[Tried | BaseException | None] = queue.SimpleQueue()
    stop = threading.Event()

    def work(cpu: int) -> None:
        try:
            while not stop.is_set():
                done.put(bench.try_fault(waiting.get_nowait(), cpu, lambda: not stop.is_set()))
        except queue.Empty:
            done.put(None)
        except BaseException as error:
            done.put(error)

    with ThreadPoolExecutor(max_workers=len(cpus)) as pool:
        try:
            for cpu in cpus:
                pool.submit(work, cpu)
            yield from _as_they_come(done, len(cpus))
        finally:
            stop.set()


def _as_they_come(
    done: queue.SimpleQueue[Tried | BaseException | None], workers: int
) -> Iterator[Tried]:
    while workers:
        came = done.get()
        if came is None:
            workers -= 1
        elif isinstance(came, Tried):
            yield came
        else:
            raise LabFailure(f"a fault could not be tried: {came}") from came
