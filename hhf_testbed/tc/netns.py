# SPDX-License-Identifier: GPL-2.0-or-later
"""Work inside the network namespace of another process, such as a Mininet node."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from pyroute2 import netns

from hhf_testbed.errors import LabFailure

T = TypeVar("T")


def in_netns(pid: int | None, work: Callable[[], T]) -> T:
    """Call ``work`` in the network namespace of process ``pid``; None is the current one.

    A namespace belongs to a thread, so a thread of its own enters it and ends there: the caller
    never moves, and nothing is forked (pyroute2's own ``netns=`` forks for each socket). Sockets
    opened by ``work`` stay in that namespace and may be used by the caller.

    Raises:
        LabFailure: there is no such process, or entering its namespace is not permitted.
        Exception: whatever ``work`` raises.
    """
    if pid is None:
        return work()
    results: list[T] = []
    errors: list[BaseException] = []

    def enter() -> None:
        try:
            _enter(pid)
            results.append(work())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=enter, name=f"netns of {pid}")
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


def _enter(pid: int) -> None:
    path = Path(f"/proc/{pid}/ns/net")
    try:
        with path.open("rb") as namespace:
            netns.setns(namespace.fileno())
    except OSError as error:
        raise LabFailure(f"cannot enter {path}: {error.strerror or error.args[0]}") from error
