# SPDX-License-Identifier: GPL-2.0-or-later
"""The host directory in which host and guest meet: settings and command in, exit status out."""

import fcntl
import os
import shlex
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from hhf_testbed.guests.command import GuestCommand
from hhf_testbed.paths import package_dir

GUEST_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
CLEAN_ENV = {
    "HOME": "/root",
    "LANG": "C.UTF-8",
    "LOGNAME": "root",
    "PATH": GUEST_PATH,
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "TZ": "UTC",
    "USER": "root",
}
"""The whole environment of a command: fixed, because a guest shall not see whose host it is on."""

STREAMS = (
    "exec </dev/null >/dev/tty0 2>/dev/tty1\nfor t in 0 1; do stty -F /dev/tty$t raw -echo; done\n"
)
TERMINAL = "exec </dev/tty0 >/dev/tty0 2>&1\n"


PREFIX = "hhf-guest-"
MEMORY_FREE_BYTES = 256 * 2**20
"""Of shared memory: less would do for one guest, which touches some 60 MB, but not for four."""
STALE_AFTER_S = 60.0
"""Between the making of a directory and its lock pass microseconds."""


@contextmanager
def control_directory() -> Iterator[Path]:
    """Yield a new directory whose path is fit for a mount option; it is removed after.

    The guest's memory is in it too, so it is in shared memory where there is enough.

    It is locked while in use. Those whose lock went with a process that was killed are removed.
    """
    base = memory_directory()
    remove_stale(base)
    path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base))
    lock = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        os.close(lock)


def memory_directory() -> Path:
    """Return where guests keep their memory: shared memory, unless there is too little of it."""
    shared = Path("/dev/shm")
    usable = shared.is_dir() and os.access(shared, os.W_OK)
    if usable and shutil.disk_usage(shared).free >= MEMORY_FREE_BYTES:
        return shared
    base = tempfile.gettempdir()
    # A comma would end the mount option in which the guest names it.
    return Path(base if base.replace("/", "").isalnum() else "/tmp")


def remove_stale(base: Path) -> None:
    """Remove control directories of this user that no process has locked."""
    for path in base.glob(f"{PREFIX}*"):
        with suppress(OSError):  # another process was faster
            lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                known = os.fstat(lock)
                old = time.time() - known.st_mtime > STALE_AFTER_S
                if known.st_uid == os.geteuid() and old:
                    shutil.rmtree(path, ignore_errors=True)
            finally:
                os.close(lock)


def fill(control: Path, command: GuestCommand, modules: Sequence[Path], *, terminal: bool) -> None:
    """Write everything that the guest's first process reads."""
    shutil.copy(package_dir() / "guests" / "init.sh", control / "init")
    (control / "init").chmod(0o755)
    (control / "output").symlink_to(command.output.absolute())
    inserts = "".join(f"    must insmod {shlex.quote(str(m))}\n" for m in modules)
    (control / "settings").write_text(f"insert_modules() {{\n    :\n{inserts}}}\n")
    (control / "command").write_text(script(command, terminal=terminal))


def script(command: GuestCommand, *, terminal: bool) -> str:
    """Return the shell script that the guest runs; its status is the command's.

    ``timeout`` counts in the guest's own clock. Its status 124 says that the deadline passed; the
    file ``uptime`` tells this apart from a command that ends with 124 itself.
    """
    env = shlex.join(f"{k}={v}" for k, v in sorted({**CLEAN_ENV, **command.env}.items()))
    argv = shlex.join(command.argv)
    late = f"timeout -k 10 {command.deadline_s} env -i {env} {argv}"
    return (
        (TERMINAL if terminal else STREAMS)
        + f"cd {shlex.quote(str(command.cwd))} || exit 126\n"
        + (f"exec env -i TERM=linux {env} setsid -c {argv}\n" if terminal else f"{late}\n")
        + "status=$?\n"
        + "now=$(cut -d' ' -f1 /proc/uptime)\n"
        + 'echo "$now" > /run/hhf/control/uptime\n'
        + "exit $status\n"
    )


def read_status(control: Path) -> int | None:
    """Return the exit status that the guest reported, or None if it was lost before."""
    try:
        return int((control / "status").read_text())
    except (FileNotFoundError, ValueError):
        return None


def read_uptime_s(control: Path) -> float:
    """Return the guest's uptime at the end of its command, in seconds; 0 if it is not known."""
    try:
        return float((control / "uptime").read_text())
    except (FileNotFoundError, ValueError):
        return 0.0
