# SPDX-License-Identifier: GPL-2.0-or-later
"""Long commands of a kernel build: each in a process group of its own that never outlives us."""

import os
import selectors
import signal
import subprocess
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from hhf_testbed.errors import LabFailure

SHOWN_LINES = 25
"""Last lines of a failed command that its message shows."""

IDLE_S = 0.5
"""Seconds between two looks at a command that prints nothing."""

CHUNK_BYTES = 1 << 20
GRACE_S = 5.0
"""Seconds between SIGTERM and SIGKILL for a process group that must go."""

KEPT_VARIABLES = ("PATH", "HOME", "TMPDIR", "USER", "http_proxy", "https_proxy", "no_proxy")
"""The rest stays out: MAKEFLAGS, ARCH, KCFLAGS or a locale would change what is built."""


Hook = Callable[[], None]
"""Called while a command prints nothing; what it raises ends the command."""


def environment(**extra: str) -> dict[str, str]:
    """Return a small, fixed environment with ``extra`` on top."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    return {"PATH": "/usr/bin:/bin", **kept, "LC_ALL": "C.UTF-8", **extra}


def run(
    argv: Sequence[str],
    *,
    what: str,
    hint: str = "",
    directory: Path,
    variables: dict[str, str] | None = None,
    on_line: Callable[[str], None] = lambda _line: None,
    on_idle: Hook = lambda: None,
) -> list[str]:
    """Run a command to its end and return its last lines, both streams merged.

    ``what`` completes "... failed". Raises LabFailure with the last lines and ``hint``.
    """
    tail: deque[str] = deque(maxlen=SHOWN_LINES)
    with group(argv, directory, variables, stdin=subprocess.DEVNULL) as process:
        for line in _lines(process, on_idle):
            tail.append(line)
            on_line(line)
        status = process.wait()
    if status != 0:
        raise failure(what, hint, argv, status, list(tail))
    return list(tail)


def feed(
    argv: Sequence[str],
    stream: IO[bytes],
    *,
    what: str,
    directory: Path,
    on_bytes: Callable[[int], None],
) -> None:
    """Run a command that reads ``stream``; ``on_bytes`` hears how much it has taken so far."""
    done = 0
    with group(argv, directory, None, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        with suppress(BrokenPipeError), process.stdin as sink:
            while chunk := stream.read(CHUNK_BYTES):
                sink.write(chunk)
                done += len(chunk)
                on_bytes(done)
        tail = list(_lines(process, lambda: None))
        status = process.wait()
    if status != 0:
        raise failure(what, "", argv, status, tail[-SHOWN_LINES:])


@contextmanager
def group(
    argv: Sequence[str], directory: Path, variables: dict[str, str] | None, stdin: int
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a command in its own process group; on any way out the whole group is gone."""
    try:
        process = subprocess.Popen(
            argv,
            cwd=directory,
            env=environment(**(variables or {})),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except FileNotFoundError:
        raise LabFailure(f"the command {argv[0]} is missing; 'hhf doctor' says more") from None
    with process:
        try:
            yield process
        except BaseException:
            _end(process)
            raise


def _end(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_S)


def _lines(process: subprocess.Popen[bytes], on_idle: Hook) -> Iterator[str]:
    assert process.stdout is not None
    rest = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            if not selector.select(IDLE_S):
                on_idle()
                continue
            data = os.read(process.stdout.fileno(), CHUNK_BYTES)
            *whole, rest = (rest + data).split(b"\n")
            yield from (line.decode(errors="replace") for line in whole)
            if not data:
                break
    if rest:
        yield rest.decode(errors="replace")


def failure(
    what: str, hint: str, argv: Sequence[str], status: int, tail: Sequence[str]
) -> LabFailure:
    """Return the error for a command that ended with ``status``."""
    text = "\n".join(tail)
    if "No space left on device" in text:
        return LabFailure(f"{what} failed: the disk is full; free some space and try again")
    ending = f"; {hint}" if hint else ""
    return LabFailure(f"{what} failed ({argv[0]}: exit status {status}){ending}; it said:\n{text}")
