# SPDX-License-Identifier: GPL-2.0-or-later
"""The guest's processes on the host: started in a group of their own, and never left behind."""

import fcntl
import os
import signal
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

REAP_DEADLINE_S = 10.0
PIPE_BYTES = 2**20
"""The most that Linux allows an ordinary user, unless told otherwise (fs.pipe-max-size)."""


class GuestProcess:
    """A running UML kernel: its main process and the userspace halves that it starts.

    All of them share one process group. Killing the main process alone could leave the halves
    stopped for ever, so it is always the group that is ended.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        stdin: IO[bytes] | int,
        stdout: IO[bytes] | int,
        stderr: IO[bytes] | int,
        pass_fds: Sequence[int] = (),
        new_session: bool = True,
    ) -> None:
        self._child = subprocess.Popen(
            argv,
            cwd=cwd,
            env=dict(env),
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            pass_fds=pass_fds,
            start_new_session=new_session,
            process_group=None if new_session else 0,
        )

    def wait(self, deadline_s: float, poll: Callable[[], None], poll_s: float = 0.2) -> bool:
        """Wait for the end; False if ``deadline_s`` wall seconds passed first.

        ``poll`` is called now and then, so that the caller can show progress.
        """
        end = time.monotonic() + deadline_s
        while (left := end - time.monotonic()) > 0:
            try:
                self._child.wait(timeout=min(poll_s, left))
                return True
            except subprocess.TimeoutExpired:
                poll()
        return False

    @property
    def returncode(self) -> int | None:
        """Exit status of the kernel's process, negative for a signal, None while it runs."""
        return self._child.returncode

    @contextmanager
    def in_foreground(self, terminal: int) -> Iterator[None]:
        """Let the group have this process's terminal; after, the terminal is as it was before.

        Without that the guest would be stopped at its first use of the terminal (SIGTTOU).
        """
        settings, own = termios.tcgetattr(terminal), os.tcgetpgrp(terminal)
        before = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        try:
            os.tcsetpgrp(terminal, self._child.pid)
            os.killpg(self._child.pid, signal.SIGCONT)  # it may have been stopped already
            yield
        finally:
            with suppress(OSError, termios.error):  # the terminal may be gone
                os.tcsetpgrp(terminal, own)
                termios.tcsetattr(terminal, termios.TCSADRAIN, settings)
            signal.signal(signal.SIGTTOU, before)

    def end(self) -> None:
        """Kill what is left of the group and collect it."""
        with suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait(timeout=REAP_DEADLINE_S)


class Drain(threading.Thread):
    """Copies a pipe to ``sink``, which must not wait, and keeps all of it.

    A guest that finds its pipe full sleeps, and while all sleep virtual time leaps: seen, 10 MB of
    output pass a deadline of 3600 s in a moment. Hence a large pipe and a reader that never waits.
    """

    def __init__(self, read_fd: int, sink: Callable[[bytes], None] | None = None) -> None:
        super().__init__(daemon=True)
        self._fd, self._sink, self._chunks = read_fd, sink, list[bytes]()
        with suppress(OSError):  # refused if this user has many large pipes already
            fcntl.fcntl(read_fd, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        self.start()

    def run(self) -> None:
        """Read until every writer has closed the pipe."""
        with os.fdopen(self._fd, "rb", buffering=0) as pipe:
            while chunk := pipe.read(PIPE_BYTES):
                self._chunks.append(chunk)
                if self._sink:
                    self._sink(chunk)

    def text(self) -> bytes:
        """Return everything read; call after the guest has ended."""
        self.join(timeout=REAP_DEADLINE_S)
        return b"".join(self._chunks)
