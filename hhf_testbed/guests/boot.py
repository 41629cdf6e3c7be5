# SPDX-License-Identifier: GPL-2.0-or-later
"""The command that starts a UML kernel, made so that two starts are the same to the last byte.

The kernel stirs its command line into its entropy (``random_init_early``, drivers/char/random.c,
Linux 6.12). So nothing in it may differ between two runs: the control directory, whose name is
random, is the working directory and is named nowhere; the streams have fixed numbers.
"""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from hhf_testbed.guests.command import GuestCommand
from hhf_testbed.kernels import Kernel

START_NS = 1_700_000_000 * 10**9
"""The guest's wall clock at boot, nanoseconds since 1970: any constant will do."""

STREAMS = ("fd:3,fd:3", "fd:4,fd:4", "fd:5,fd:5")
"""The command's output and error and the kernel's console, in UML's notation."""

TERMINAL = ("fd:0,fd:1", "null", "null")
"""The caller's own terminal for the command; no kernel messages."""

RENUMBER = 'exec 3>"/proc/self/fd/$1" 4>"/proc/self/fd/$2" 5>"/proc/self/fd/$3"; shift 3; exec "$@"'

MEMORY_FREE_BYTES = 256 * 2**20


def boot_line(kernel: Kernel, command: GuestCommand, consoles: Sequence[str]) -> list[str]:
    """Return the command: helpers of util-linux, then the kernel and its parameters.

    ``consoles`` are terminals 0 and 1 for the command's streams, and 2 for the kernel's messages.
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
        *("norandmaps", "rootfstype=hostfs", "rootflags=/", "ro", "init=/proc/self/cwd/init"),
        *("con=null", *(f"con{i}={console}" for i, console in enumerate(consoles)), "ssl=null"),
        *("stderr=1", "console=tty2", "panic=-1", "oops=panic", "uml_dir=./", "umid=guest"),
    ]


def with_streams(argv: Sequence[str], descriptors: Sequence[int]) -> list[str]:
    """Return ``argv`` started with three inherited descriptors as its 3, 4 and 5."""
    return ["sh", "-c", RENUMBER, "sh", *map(str, descriptors), *argv]


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
