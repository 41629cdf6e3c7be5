# SPDX-License-Identifier: GPL-2.0-or-later
"""User-Mode Linux: a real kernel as an ordinary process, in virtual or real time.

Four things make two runs the same, byte for byte: virtual time in which computing takes no time
(``time-travel=inf-cpu``), a fixed start of the clock, seeded entropy, and no address
randomisation on either side. Documentation/virt/uml and arch/um/kernel/time.c, Linux 6.12.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from hhf_testbed.errors import LabFailure
from hhf_testbed.guests import control
from hhf_testbed.guests.boot import STREAMS, TERMINAL, environment, kernel_line, launcher
from hhf_testbed.guests.command import GuestCommand, GuestResult
from hhf_testbed.guests.process import Drain, GuestProcess
from hhf_testbed.kernels import Kernel

OUTPUT = Path("/run/hhf/output")
"""Where the guest sees its one writable host directory, whatever the host calls it."""

CONSOLE_LINES = 12
"""How much of the console an error shows: an oops with its call trace begins within this."""

TIMED_OUT = (124, 137)
"""Statuses of ``timeout`` (coreutils): the deadline passed; it took KILL to end the command."""

Sink = Callable[[bytes], None]


def run(
    kernel: Kernel,
    command: GuestCommand,
    *,
    modules: Sequence[str] = ("sch_hhf",),
    stdout: Sink | None = None,
    stderr: Sink | None = None,
    console: Sink | None = None,
    poll: Callable[[], None] = lambda: None,
) -> GuestResult:
    """Boot ``kernel``, run one command in it, and return its exit status and output.

    Args:
        kernel: what to boot.
        command: what to run, where it may write, and how long it may take.
        modules: kernel modules to insert before the command.
        stdout: also gets the command's standard output while it comes.
        stderr: the same for its standard error.
        console: the same for what the kernel says.
        poll: called several times a second while the guest runs; what it raises ends the guest.

    Raises:
        LabFailure: the guest panicked, hung, was killed or passed a deadline.
    """
    started = time.monotonic()
    with control.control_directory() as directory:
        control.fill(directory, command, [kernel.module(m) for m in modules], terminal=False)
        guest, streams = _start(kernel, command, directory, (stdout, stderr, console))
        try:
            in_time = guest.wait(command.wall_deadline_s, poll)
        finally:
            guest.end()
        text, errors, said = (stream.text() for stream in streams)
        status = control.read_status(directory)
        seen = GuestResult(
            -1 if status is None else status,
            text,
            errors,
            # The directory's random name is the one thing that would differ between two runs.
            said.decode(errors="replace").replace(str(directory), "CONTROL"),
            time.monotonic() - started,
        )
        if not in_time or status is None:
            raise LabFailure(_lost(command, guest, in_time) + _tail(seen))
        _check_deadline(command, seen, control.read_uptime_s(directory))
    return seen


def _start(
    kernel: Kernel, command: GuestCommand, directory: Path, sinks: Sequence[Sink | None]
) -> tuple[GuestProcess, list[Drain]]:
    pipes = [os.pipe() for _ in STREAMS]
    ends = [write for _, write in pipes]
    try:
        guest = GuestProcess(
            [*launcher(command, directory, ends), *kernel_line(kernel, command, STREAMS)],
            cwd=directory,
            env=environment(kernel, command, directory),
            stdin=subprocess.DEVNULL,
            stdout=ends[-1],
            stderr=ends[-1],
            pass_fds=ends,
        )
    except BaseException:
        for read, _ in pipes:
            os.close(read)
        raise
    finally:
        for end in ends:
            os.close(end)
    return guest, [Drain(read, sink) for (read, _), sink in zip(pipes, sinks, strict=True)]


def _lost(command: GuestCommand, guest: GuestProcess, in_time: bool) -> str:
    name, code = command.argv[0], guest.returncode
    if not in_time:
        return (
            f"the guest that ran {name!r} did not end within {command.wall_deadline_s:g} s of wall "
            "time; a process that never sleeps stops virtual time"
        )
    how = f"was ended by signal {-code}" if code and code < 0 else "ended"
    return f"the guest that ran {name!r} {how} without an exit status"


def _check_deadline(command: GuestCommand, seen: GuestResult, uptime_s: float) -> None:
    if seen.status in TIMED_OUT and uptime_s >= command.deadline_s:
        raise LabFailure(
            f"{command.argv[0]!r} did not end within {command.deadline_s:g} s of the guest's clock"
            + _tail(seen)
        )


def _tail(seen: GuestResult) -> str:
    lines = [line for line in seen.console.splitlines() if line.strip()][-CONSOLE_LINES:]
    errors = seen.stderr.decode(errors="replace").splitlines()[-CONSOLE_LINES:]
    shown = [*lines, *errors]
    return "; last lines of its console:\n  " + "\n  ".join(shown) if shown else ""


def shell(kernel: Kernel, command: GuestCommand, *, modules: Sequence[str] = ("sch_hhf",)) -> int:
    """Run a command with this terminal as its own, and return its exit status.

    Raises:
        LabFailure: standard input is no terminal, or the guest was lost.
    """
    if not sys.stdin.isatty():
        raise LabFailure("a shell needs a terminal, and standard input is none; use exec instead")
    with control.control_directory() as directory:
        control.fill(directory, command, [kernel.module(m) for m in modules], terminal=True)
        guest = GuestProcess(
            [*launcher(command, directory), *kernel_line(kernel, command, TERMINAL)],
            cwd=directory,
            env=environment(kernel, command, directory),
            stdin=0,
            stdout=1,
            stderr=subprocess.DEVNULL,
            new_session=False,
        )
        try:
            with guest.in_foreground(0):
                guest.wait(float("inf"), lambda: None)
        finally:
            guest.end()
        status = control.read_status(directory)
    if status is None:
        raise LabFailure("the guest was lost before its shell ended")
    return status
