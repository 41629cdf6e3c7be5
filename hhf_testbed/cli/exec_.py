# SPDX-License-Identifier: GPL-2.0-or-later
"""``hhf exec``: one command in a guest."""

import os
import queue
import sys
import tempfile
import threading
from contextlib import ExitStack
from pathlib import Path

import click

from hhf_testbed import guests
from hhf_testbed.cli.options import get_kernel, guest_options, here, kernel_options
from hhf_testbed.errors import LabFailure, RequestError
from hhf_testbed.progress import reporter


@click.command("exec", context_settings={"ignore_unknown_options": True})
@kernel_options
@guest_options
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="The one host directory that the command may write; the guest sees it as $HHF_OUTPUT.",
)
@click.option("--deadline", default=3600.0, show_default=True, help="Seconds by the guest's clock.")
@click.option("--wall-deadline", default=600.0, show_default=True, help="Seconds by the host's.")
@click.option("--memory", default=1024, show_default=True, help="Of the guest, in MiB.")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def exec_(
    kernel_name: str | None,
    hz: int,
    clock: guests.command.Clock,
    seed: int,
    out: Path | None,
    deadline: float,
    wall_deadline: float,
    memory: int,
    command: tuple[str, ...],
) -> int:
    """Run COMMAND as root of a guest, and end with its exit status.

    The guest sees this machine's files as you do. What it writes stays in its memory, except in
    the directory of --out. It has the module sch_hhf, no network but its own, and no input.

    \b
    hhf exec -- uname -r
    hhf exec -- sh -c 'tc qdisc add dev lo root hhf && tc -s qdisc show dev lo'
    """
    with tempfile.TemporaryDirectory(prefix="hhf-exec-") as scratch:
        if out is not None and not out.is_dir():
            raise RequestError(f"--out is {out}; allowed is a directory that exists")
        request = guests.GuestCommand(  # refuses what is wrong before a kernel is built
            command,
            output=out or Path(scratch),
            cwd=here("the command in the guest"),
            env={"HHF_OUTPUT": str(guests.OUTPUT)},
            clock=clock,
            seed=seed,
            deadline_s=deadline,
            wall_deadline_s=wall_deadline,
            memory_mib=memory,
        )
        kernel = get_kernel(kernel_name, hz, reporter())
        with ExitStack() as copies:
            out_copy, err_copy = (_Copy(s.fileno(), copies) for s in (sys.stdout, sys.stderr))
            result = guests.run(kernel, request, stdout=out_copy.put, stderr=err_copy.put)
    return result.status


class _Copy:
    """Copies chunks to a descriptor from a thread of its own.

    So a reader that is slow, such as a pager, does not stop the guest; nor does one that went away.
    """

    def __init__(self, descriptor: int, stack: ExitStack) -> None:
        self._descriptor = descriptor
        self._error: OSError | None = None
        self._chunks: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self.put = self._chunks.put
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        stack.callback(self._finish)

    def _run(self) -> None:
        while chunk := self._chunks.get():
            while chunk:
                try:
                    chunk = chunk[os.write(self._descriptor, chunk) :]
                except BrokenPipeError:  # a reader that had enough; the command goes on
                    return
                except OSError as error:
                    self._error = error
                    return

    def _finish(self) -> None:
        """Wait until everything is written."""
        self.put(b"")
        self._thread.join()
        if self._error:
            raise LabFailure(f"the command's output cannot be written: {self._error.strerror}")
