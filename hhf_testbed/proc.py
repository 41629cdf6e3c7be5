# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs commands: an argv list, a deadline, a check, and an error that says all there is to know.

Never a shell and never a bare ``sleep``. A child gets its own process group, so ending it ends
what it started too; it is asked with INT, then TERM, then KILL, each with its own grace.
Deadlines are in seconds of ``time.monotonic``, which inside a guest is virtual time.
"""

import os
import shlex
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from hhf_testbed.errors import LabFailure

GRACE_S: Final = ((signal.SIGINT, 2.0), (signal.SIGTERM, 2.0), (signal.SIGKILL, 5.0))
"""What a process is sent at its deadline, and how long it may take to obey. iperf3 and tcpdump
write their last output on INT, which takes them milliseconds; 2 s is ample."""
DRAIN_S: Final = 0.5
"""After its end, how long the rest of a command's output may take to be read."""
TAIL_LINES: Final = 20
POLL_S: Final = 0.01


@dataclass(frozen=True, slots=True)
class Completed:
    """A command that ended with status 0, and what it printed."""

    stdout: str
    stderr: str
    status: int


def run(
    argv: Sequence[str],
    *,
    deadline_s: float,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    hint: str | None = None,
    place: str | None = None,
    stdin: str | None = None,
) -> Completed:
    """Run one command to its end and return what it printed.

    Args:
        argv: the program and its arguments; no shell reads them.
        deadline_s: seconds of ``time.monotonic`` after which the process group is ended.
        cwd: working directory, if not the current one.
        env: the whole environment, if not the current one.
        hint: what usually mends a failure; shown in the message.
        place: where this ran beyond ``cwd``, such as a namespace; shown in the message.
        stdin: text for the command's standard input; without it, it reads nothing.

    Raises:
        LabFailure: the program is missing, did not end in time, or ended with another status.
    """
    about = _About(tuple(argv), cwd, place, hint)
    process = _spawn(about, env, subprocess.PIPE, subprocess.PIPE, with_stdin=stdin is not None)
    with process:
        try:
            stdout, stderr = process.communicate(stdin, timeout=deadline_s)
        except subprocess.TimeoutExpired:
            stdout, stderr = _end_and_drain(process)
            said = f"did not end within {deadline_s:g} s and was stopped"
            raise LabFailure(about.message(said, stdout, stderr)) from None
        except BaseException:
            end_group(process)
            raise
    if process.returncode != 0:
        raise LabFailure(about.message(_ending(process.returncode), stdout, stderr))
    return Completed(stdout, stderr, process.returncode)


class Daemon:
    """A long-running child in its own process group, its output in two files.

    Use as a context manager, or call ``stop``; both are safe to repeat.
    """

    def __init__(self, process: "subprocess.Popen[str]", about: "_About", out: Path, err: Path):
        self._process = process
        self._about = about
        self.stdout_path = out
        self.stderr_path = err

    @property
    def pid(self) -> int:
        """The process id, which is also the id of its process group."""
        return self._process.pid

    @property
    def status(self) -> int | None:
        """The exit status, or None while it runs."""
        return self._process.poll()

    def wait(self, deadline_s: float) -> Completed:
        """Wait for it to end by itself; return what it wrote.

        Raises:
            LabFailure: it did not end in ``deadline_s`` seconds (it is then stopped), or ended
                with a status other than 0.
        """
        try:
            status = self._process.wait(deadline_s)
        except subprocess.TimeoutExpired:
            self.stop()
            said = f"did not end within {deadline_s:g} s and was stopped"
            raise LabFailure(self._message(said)) from None
        if status != 0:
            raise LabFailure(self._message(_ending(status)))
        return Completed(_text(self.stdout_path), _text(self.stderr_path), status)

    def check(self) -> None:
        """Raise LabFailure if it has already ended, whatever its status."""
        if self.status is not None:
            raise LabFailure(self._message(_ending(self.status) + " while it was still needed"))

    def stop(self) -> int:
        """End its process group by INT, TERM, KILL; return its status. Safe to repeat."""
        return end_group(self._process)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _message(self, said: str) -> str:
        return self._about.message(said, _text(self.stdout_path), _text(self.stderr_path))


def start(
    argv: Sequence[str],
    *,
    stdout: Path,
    stderr: Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    hint: str | None = None,
    place: str | None = None,
) -> Daemon:
    """Start a long-running command; its output goes to the two files.

    Raises:
        LabFailure: the program or ``cwd`` is missing.
    """
    about = _About(tuple(argv), cwd, place, hint)
    with stdout.open("wb") as out, stderr.open("wb") as err:
        process = _spawn(about, env, out.fileno(), err.fileno())
    return Daemon(process, about, stdout, stderr)


def wait_for(
    condition: Callable[[], bool], *, deadline_s: float, what: str, poll_s: float = POLL_S
) -> None:
    """Return as soon as ``condition`` holds; it is asked at once and then every ``poll_s``.

    Raises:
        LabFailure: it did not hold within ``deadline_s`` seconds; the message names ``what``.
    """
    end = time.monotonic() + deadline_s
    while not condition():
        if time.monotonic() >= end:
            raise LabFailure(f"waited {deadline_s:g} s for {what}, in vain")
        time.sleep(poll_s)


def end_group(process: "subprocess.Popen[str]") -> int:
    """End a child that leads its own process group; return its exit status.

    The group is signalled once more after the leader is gone, so nothing it started stays.

    Raises:
        LabFailure: it is still there after KILL, which only a kernel that hangs can cause.
    """
    for number, grace_s in GRACE_S:
        if process.poll() is not None:
            break
        _signal_group(process.pid, number)
        try:
            process.wait(grace_s)
        except subprocess.TimeoutExpired:
            continue
    _signal_group(process.pid, signal.SIGKILL)
    status = process.poll()
    if status is None:
        raise LabFailure(f"process {process.pid} did not end, not even by KILL")
    return status


@dataclass(frozen=True, slots=True)
class _About:
    argv: tuple[str, ...]
    cwd: Path | None
    place: str | None
    hint: str | None

    def message(self, said: str, stdout: str = "", stderr: str = "") -> str:
        where = f"in {self.cwd or Path.cwd()}" + (f", {self.place}" if self.place else "")
        parts = [f"`{shlex.join(self.argv)}` {said} ({where})"]
        parts += [
            f"{name}:\n{_tail(text)}"
            for name, text in (("stdout", stdout), ("stderr", stderr))
            if text.strip()
        ]
        if self.hint:
            parts.append(f"hint: {self.hint}")
        return "\n".join(parts)


def _spawn(
    about: _About,
    env: Mapping[str, str] | None,
    stdout: int,
    stderr: int,
    *,
    with_stdin: bool = False,
) -> "subprocess.Popen[str]":
    if not about.argv:
        raise ValueError("argv is empty")
    try:
        return subprocess.Popen(
            about.argv,
            stdin=subprocess.PIPE if with_stdin else subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            cwd=about.cwd,
            env=env,
            text=True,
            errors="replace",
            process_group=0,
        )
    except FileNotFoundError as error:
        missing_place = about.cwd is not None and not about.cwd.is_dir()
        said = "cannot run: its directory is missing" if missing_place else "is not installed"
        raise LabFailure(about.message(said)) from error
    except OSError as error:
        raise LabFailure(about.message(f"cannot run: {error.strerror}")) from error


def _end_and_drain(process: "subprocess.Popen[str]") -> tuple[str, str]:
    end_group(process)
    try:
        return process.communicate(timeout=DRAIN_S)
    except subprocess.TimeoutExpired as error:
        # Something that left the group still holds the pipe; it is not ours to end.
        return _decode(error.stdout), _decode(error.stderr)


def _decode(data: bytes | str | None) -> str:
    return data.decode(errors="replace") if isinstance(data, bytes) else data or ""


def _signal_group(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        # Gone already; or all that is left of it has changed its user and is not ours to end.
        return


def _ending(status: int) -> str:
    if status < 0:
        return f"was ended by {signal.Signals(-status).name}"
    return f"ended with status {status}"


def _tail(text: str) -> str:
    lines = text.rstrip().splitlines()
    left_out = len(lines) - TAIL_LINES
    head = [f"… {left_out} lines before"] if left_out > 0 else []
    return "\n".join(f"  {line}" for line in head + lines[-TAIL_LINES:])


def _text(path: Path) -> str:
    return path.read_text(errors="replace")
