# SPDX-License-Identifier: GPL-2.0-or-later
"""Which kernels are in use, and when each was last. The mark is a lock on the kernel's manifest.

Any number of commands share it; it goes with the process that took it, however that ends.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hhf_testbed.kernels.kernel import MANIFEST

_held: dict[Path, int] = {}


def hold(directory: Path) -> bool:
    """Mark a kernel as in use until this process ends, and note the time.

    Returns False if it was removed in this very moment. A cache without locks, or that this user
    may only read, cannot be pruned by this user either: that is no failure.
    """
    file = directory / MANIFEST
    try:
        mark = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    with suppress(OSError):
        fcntl.flock(mark, fcntl.LOCK_SH)
        os.utime(file)
    if before := _held.pop(directory, None):
        os.close(before)
    _held[directory] = mark
    return file.exists()


def last_use_s(directory: Path) -> float | None:
    """Return when a kernel was last asked for, in seconds since 1970; None if unknown."""
    try:
        return (directory / MANIFEST).stat().st_mtime
    except OSError:
        return None


@contextmanager
def unused(directory: Path) -> Iterator[bool]:
    """Give whether nobody uses a kernel; while it is true, nobody can begin to."""
    try:
        mark = os.open(directory / MANIFEST, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        yield True  # without a manifest it cannot be used
        return
    try:
        fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        yield False
    else:
        yield True
    finally:
        os.close(mark)
