# SPDX-License-Identifier: GPL-2.0-or-later
"""Waits for another command, telling the person that it does."""

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from hhf_testbed.progress import Reporter


@contextmanager
def holding(lock: FileLock, waiting: str, reporter: Reporter) -> Iterator[None]:
    """Hold a lock; say ``waiting`` once if another command has it."""
    try:
        lock.acquire(timeout=0)
    except Timeout:
        reporter.say(waiting)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()
