# SPDX-License-Identifier: GPL-2.0-or-later
"""The command that starts a UML kernel, made so that two starts are the same to the last byte.

The kernel stirs its command line into its entropy (``random_init_early``, drivers/char/random.c,
Linux 6.12). So nothing in it may differ between two runs: the control directory, whose name is
random, is the working directory and is named nowhere; the streams have fixed numbers.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from hhf_testbed.guests.command import GuestCommand
from hhf_testbed.kernels import Kernel
from hhf_testbed.native import compiled
from hhf_testbed.paths import package_dir

START_NS = 1_700_000_000 * 10**9
"""The guest's wall clock at boot, nanoseconds since 1970: any constant will do."""

STREAMS = ("fd:3,fd:3", "fd:4,fd:4", "fd:5,fd:5")
"""The command's output and error and the kernel's console, in UML's notation."""

FIRST_STREAM = 3
TERMINAL = ("fd:0,fd:1", "null", "null")
"""The caller's own terminal for the command; no kernel messages."""


def kernel_line(kernel: Kernel, command: GuestCommand, consoles: Sequence[str]) -> list[str]:
    """Return the kernel and its parameters.

    ``consoles`` are terminals 0 and 1 for the command's streams, and 2 for the kernel's messages.
    """
    travel = [f"time-travel-start={START_NS}", "time-travel=inf-cpu"]
    return [
        *(str(kernel.linux), f"mem={command.memory_mib}M"),
        *(travel if command.clock == "virtual" else []),
        *(["seccomp=on"] if kernel.seccomp else []),
        # A root that is no device number, as UML would add one: an older kernel without block
        # devices would then mount nothing (mount_root, init/do_mounts.c; seen with 6.1 only).
        *("root=hostfs", "rootfstype=hostfs", "rootflags=/", "ro", "init=/proc/self/cwd/init"),
        "norandmaps",
        *("con=null", *(f"con{i}={console}" for i, console in enumerate(consoles)), "ssl=null"),
        *("stderr=1", "console=tty2", "panic=-1", "oops=panic", "uml_dir=./", "umid=guest"),
    ]


def launcher(command: GuestCommand, directory: Path, descriptors: Sequence[int] = ()) -> list[str]:
    """Return the command that starts a kernel line (``launch.c``).

    It ends with this process, has the same addresses each time, stays on the command's processor,
    gets ``descriptors`` as its 3, 4 and 5, and can write ``directory`` and the output only.
    """
    words = [str(compiled(package_dir() / "guests" / "launch.c"))]
    if command.cpu is not None:
        words += ["--cpu", str(command.cpu)]
    for number, descriptor in enumerate(descriptors, FIRST_STREAM):
        words += ["--fd", f"{number}={descriptor}"]
    return [*words, "--writable", str(directory), "--writable", str(command.output)]


def environment(kernel: Kernel, command: GuestCommand, directory: Path) -> dict[str, str]:
    """Return the environment of the kernel's host process; its memory is in ``directory`` too."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(directory),
        "TMPDIR": str(directory),
        "LD_PRELOAD": str(kernel.getrandom_shim),
        "HHF_SEED": str(command.seed),
    }
