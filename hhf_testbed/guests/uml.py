# SPDX-License-Identifier: GPL-2.0-or-later
"""User-Mode Linux: a real kernel as an ordinary process, in virtual or real time.

Four things make two runs the same, byte for byte: virtual time in which computing takes no time
(``time-travel=inf-cpu``), a fixed start of the clock, seeded entropy, and no address
randomisation on either side. Documentation/virt/uml and arch/um/kernel/time.c, Linux 6.12.
"""

import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from hhf_testbed.errors import LabFailure
from hhf_testbed.guests import control
from hhf_testbed.guests.command import GuestCommand, GuestResult
from hhf_testbed.guests.process import Drain, GuestProcess
from hhf_testbed.kernels import Kernel

CONTROL = Path("/run/hhf/control")
OUTPUT = Path("/run/hhf/output")
"""Where the guest sees its one writable host directory, whatever the host calls it."""

START_NS = 1_700_000_000 * 10**9
"""The guest's wall clock at boot, nanoseconds since 1970: any constant will do."""

CONSOLE_LINES = 12
"""How much of the console an error shows: an oops with its call trace begins within this."""

MEMORY_FREE_BYTES = 256 * 2**20

Sink = Callable[[bytes], None]


def run(
    kernel: Kernel,
    command: GuestCommand,
    *,
    modules: Sequence[str] = ("sch_hhf",),
    stdout: Sink | None = None,
    stderr: Sink | None = None,
    poll: Callable[[], None] = lambda: None,
) -> GuestResult:
    """Boot ``kernel``, run one command in it, and return its exit status and output.

    Args:
        kernel: what to boot.
        command: what to run, where it may write, and how long it may take.
        modules: kernel modules to insert before the command.
        stdout: also gets the command's standard output while it comes.
        stderr: the same for its standard error.
        poll: called several times a second while the guest runs.

    Raises:
        LabFailure: the guest panicked, hung, was killed or passed a deadline.
    """
    started = time.monotonic()
    with control.control_directory() as directory:
        control.fill(directory, command, [kernel.module(m) for m in modules], terminal=False)
        (out, out_w), (err, err_w), (log, log_w) = os.pipe(), os.pipe(), os.pipe()
        argv = boot_line(kernel, command, directory, *(_pair(fd) for fd in (out_w, err_w, log_w)))
        try:
            guest = GuestProcess(
                argv,
                env=environment(kernel, command, directory),
                stdin=-3,
                stdout=log_w,
                stderr=log_w,
                pass_fds=(out_w, err_w, log_w),
            )
        finally:
            for fd in (out_w, err_w, log_w):
                os.close(fd)
        streams = Drain(out, stdout), Drain(err, stderr), Drain(log)
        try:
            in_time = guest.wait(command.wall_deadline_s, poll)
        finally:
            guest.end()
        text, errors, console = (stream.text() for stream in streams)
        # The directory's random name is the one thing that would differ between two runs.
        log_text = console.decode(errors="replace").replace(str(directory), "CONTROL")
        return _judge(
            command,
            directory,
            in_time,
            guest.returncode,
            GuestResult(0, text, errors, log_text, time.monotonic() - started),
        )


def shell(kernel: Kernel, command: GuestCommand, *, modules: Sequence[str] = ("sch_hhf",)) -> int:
    """Run a command with this terminal as its own, and return its exit status.

    Raises:
        LabFailure: standard input is no terminal, or the guest was lost.
    """
    if not sys.stdin.isatty():
        raise LabFailure("a shell needs a terminal, and standard input is none; use exec instead")
    with control.control_directory() as directory:
        control.fill(directory, command, [kernel.module(m) for m in modules], terminal=True)
        argv = boot_line(kernel, command, directory, "fd:0,fd:1", "null", "null")
        guest = GuestProcess(
            argv,
            env=environment(kernel, command, directory),
            stdin=0,
            stdout=1,
            stderr=-3,
            new_session=False,
        )
        try:
            guest.wait(float("inf"), lambda: None)
        finally:
            guest.end()
        status = control.read_status(directory)
        if status is None:
            raise LabFailure("the guest was lost before its shell ended")
        return status


def boot_line(
    kernel: Kernel, command: GuestCommand, directory: Path, con0: str, con1: str, con2: str
) -> list[str]:
    """Return the command that starts the kernel: helpers of util-linux, then the kernel's own.

    Terminals 0 and 1 are the command's two streams, terminal 2 gets the kernel's messages; each
    is a pair of host file descriptors in UML's notation.
    """
    pin = ["taskset", "--cpu-list", str(command.cpu)] if command.cpu is not None else []
    travel = [f"time-travel-start={START_NS}", "time-travel=inf-cpu"]
    return [
        *pin,
        *("setpriv", "--pdeathsig", "KILL"),  # should this process be killed, so is the guest
        *("setarch", "--addr-no-randomize"),
        *(str(kernel.linux), f"mem={command.memory_mib}M"),
        *(travel if command.clock == "virtual" else []),
        *(["seccomp=on"] if kernel.seccomp else []),
        *("norandmaps", "rootfstype=hostfs", "rootflags=/", "ro"),
        *(f"init={directory}/init", f"hhf_control={directory}"),
        *("con=null", f"con0={con0}", f"con1={con1}", f"con2={con2}", "ssl=null"),
        *("stderr=1", "console=tty2", "panic=-1", "oops=panic"),
        *(f"uml_dir={directory}/", "umid=guest"),
    ]


def _pair(fd: int) -> str:
    return f"fd:{fd},fd:{fd}"


def environment(kernel: Kernel, command: GuestCommand, directory: Path) -> dict[str, str]:
    """Return the environment of the kernel's host process."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(directory),
        "TMPDIR": str(memory_directory(directory)),
        "LD_PRELOAD": str(kernel.getrandom_shim),
        "HHF_SEED": str(command.seed),
    }


def memory_directory(fallback: Path) -> Path:
    """Return where the guest's memory is kept: shared memory, unless there is too little of it."""
    shared = Path("/dev/shm")
    usable = shared.is_dir() and os.access(shared, os.W_OK)
    roomy = usable and shutil.disk_usage(shared).free >= MEMORY_FREE_BYTES
    return shared if roomy else fallback


def _judge(
    command: GuestCommand, directory: Path, in_time: bool, returncode: int | None, seen: GuestResult
) -> GuestResult:
    status = control.read_status(directory)
    name = command.argv[0]
    if not in_time:
        raise LabFailure(
            f"the guest that ran {name!r} did not end within {command.wall_deadline_s:g} s of wall "
            f"time; a process that never sleeps stops virtual time{_tail(seen)}"
        )
    if status is None:
        how = f"was ended by signal {-returncode}" if returncode and returncode < 0 else "ended"
        raise LabFailure(f"the guest that ran {name!r} {how} without an exit status{_tail(seen)}")
    if status in (124, 137) and control.read_uptime_s(directory) >= command.deadline_s:
        raise LabFailure(
            f"{name!r} did not end within {command.deadline_s:g} s of the guest's clock"
            + _tail(seen)
        )
    return GuestResult(status, seen.stdout, seen.stderr, seen.console, seen.wall_s)


def _tail(seen: GuestResult) -> str:
    lines = [line for line in seen.console.splitlines() if line.strip()][-CONSOLE_LINES:]
    errors = seen.stderr.decode(errors="replace").splitlines()[-CONSOLE_LINES:]
    shown = [*lines, *errors]
    return "; last lines of its console:\n  " + "\n  ".join(shown) if shown else ""
