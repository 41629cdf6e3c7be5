# SPDX-License-Identifier: GPL-2.0-or-later
"""Tells the person at the terminal what is going on: a bar on a terminal, plain lines elsewhere.

Everything goes to the error stream, so that a program may read the output stream.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

PLAIN_INTERVAL_S = 10.0
"""Seconds between two plain lines of one step: seen to move, yet readable in a log of CI."""


class Step(Protocol):
    """One step that is under way."""

    def at(self, done: int, total: int | None = None) -> None:
        """``done`` units are finished, out of ``total`` if that has become known."""


class Reporter(Protocol):
    """What long work talks to. It never raises."""

    def say(self, text: str) -> None:
        """Print one line."""

    def step(
        self, text: str, *, total: int | None = None, unit: str = ""
    ) -> AbstractContextManager[Step]:
        """Show a step while it lasts, and say how many seconds it took when it succeeds."""


def reporter(stream: TextIO | None = None) -> Reporter:
    """Return a bar if the error stream is a terminal, plain lines if not."""
    console = Console(file=stream or sys.stderr, highlight=False, soft_wrap=True)
    return Bars(console) if console.is_terminal else Lines(console)


class Silent:
    """Says nothing: for tests, and for callers that only look."""

    def say(self, text: str) -> None:
        """Say nothing."""

    @contextmanager
    def step(self, text: str, *, total: int | None = None, unit: str = "") -> Iterator[Step]:  # noqa: ARG002
        """Show nothing."""
        yield _Nothing()


class Lines:
    """Plain lines: the start, every ten seconds how far, and the end of each step."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def say(self, text: str) -> None:
        """Print one line."""
        self._console.print(text, markup=False)

    @contextmanager
    def step(self, text: str, *, total: int | None = None, unit: str = "") -> Iterator[Step]:
        """Print a line now, some on the way, and one at the end."""
        self.say(f"{text} ...")
        started = time.monotonic()
        yield _LineStep(self, text, total, unit)
        self.say(f"{text}: done in {time.monotonic() - started:.0f} s")


class Bars:
    """One moving bar per step, replaced by one line when the step is done."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def say(self, text: str) -> None:
        """Print one line."""
        self._console.print(text, markup=False)

    @contextmanager
    def step(self, text: str, *, total: int | None = None, unit: str = "") -> Iterator[Step]:
        """Show a bar; with no known total it only pulses."""
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[count]}"),
        )
        started = time.monotonic()
        with Progress(
            *columns, TimeElapsedColumn(), console=self._console, transient=True
        ) as progress:
            yield _BarStep(progress, progress.add_task(text, total=total, count=""), total, unit)
        self.say(f"{text}: done in {time.monotonic() - started:.0f} s")


class _Nothing:
    def at(self, done: int, total: int | None = None) -> None:
        """Ignore it."""


class _LineStep:
    def __init__(self, lines: Lines, text: str, total: int | None, unit: str) -> None:
        self._lines, self._text, self._total, self._unit = lines, text, total, unit
        self._next = time.monotonic() + PLAIN_INTERVAL_S

    def at(self, done: int, total: int | None = None) -> None:
        self._total = total or self._total
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + PLAIN_INTERVAL_S
            self._lines.say(f"{self._text}: {amount(done, self._total, self._unit)}")


class _BarStep:
    def __init__(self, progress: Progress, task: TaskID, total: int | None, unit: str) -> None:
        self._progress, self._task, self._total, self._unit = progress, task, total, unit

    def at(self, done: int, total: int | None = None) -> None:
        self._total = total or self._total
        count = amount(done, self._total, self._unit)
        self._progress.update(self._task, completed=done, total=self._total, count=count)


def amount(done: int, total: int | None, unit: str) -> str:
    """Format ``done`` of ``total``; the unit "bytes" is shown in megabytes (10^6 bytes)."""
    if unit == "bytes":
        done, total, unit = done // 10**6, total and max(1, total // 10**6), "MB"
    if not total:
        return f"{done} {unit}"
    return f"{min(done, total)} of {total} {unit} ({100 * min(done, total) // total} %)"
