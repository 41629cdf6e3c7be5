# SPDX-License-Identifier: GPL-2.0-or-later
"""Tries what a guest will do to this host. Settings and capabilities would only be a guess.

Standard library only, like ``hhf_testbed.doctor``, whose checks these are.
"""

import ctypes
import mmap
import os
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Final

PTRACE_TRACEME: Final = 0  # include/uapi/linux/ptrace.h
SYS_LANDLOCK_CREATE_RULESET: Final = 444  # the same number on every architecture
LANDLOCK_CREATE_RULESET_VERSION: Final = 1  # include/uapi/linux/landlock.h


def succeeds(*argv: str) -> bool:
    """Tell whether a command can be run and ends with status 0."""
    try:
        return subprocess.run(argv, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def ptrace_works() -> bool:
    """Tell whether a child may ask to be traced by its parent, as a guest's processes do."""
    libc = ctypes.CDLL(None, use_errno=True)
    child = os.fork()
    if child == 0:
        if libc.ptrace(PTRACE_TRACEME, 0, None, None) == 0:
            os.kill(os.getpid(), signal.SIGSTOP)
        os._exit(1)
    # A child that was refused exits; without WUNTRACED, only a traced one is reported as stopped.
    _, status = os.waitpid(child, 0)
    if not os.WIFSTOPPED(status):
        return False
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True


def guest_memory_dir() -> Path:
    """Return where User-Mode Linux keeps a guest's memory (arch/um/os-Linux/mem.c)."""
    for variable in ("TMPDIR", "TMP", "TEMP"):
        if os.environ.get(variable):
            return Path(os.environ[variable])
    shm = Path("/dev/shm")
    return shm if shm.is_dir() else Path("/tmp")


def no_executable_memory(directory: Path) -> str | None:
    """Try to map a file of a directory as code; return the reason if that fails."""
    try:
        with tempfile.TemporaryFile(dir=directory) as file:
            file.truncate(mmap.PAGESIZE)
            protection = mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC
            mmap.mmap(file.fileno(), mmap.PAGESIZE, prot=protection).close()
    except OSError as error:
        return error.strerror or str(error)
    return None


def landlock_version() -> int:
    """Return the version of Landlock's interface, or 0 where there is none."""
    libc = ctypes.CDLL(None, use_errno=True)
    version: int = libc.syscall(
        SYS_LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), LANDLOCK_CREATE_RULESET_VERSION
    )
    return max(version, 0)
