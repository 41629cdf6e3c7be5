# SPDX-License-Identifier: GPL-2.0-or-later
"""``hhf exec``: one command in a guest."""

import os
import sys
import tempfile
from contextlib import suppress
from functools import partial
from pathlib import Path

import click

from hhf_testbed import guests
from hhf_testbed.cli.options import get_kernel, guest_options, kernel_options
from hhf_testbed.errors import RequestError
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
    the directory of --out. It has the module sch_hhf, and no network but its own.

    \b
    hhf exec -- uname -r
    hhf exec -- sh -c 'tc qdisc add dev lo root hhf && tc -s qdisc show dev lo'
    """
    with tempfile.TemporaryDirectory(prefix="hhf-exec-") as scratch:
        if out is not None and not out.is_dir():
            raise RequestError(f"--out is {out}; allowed is a directory that exists")
        result = guests.run(
            get_kernel(kernel_name, hz, reporter()),
            guests.GuestCommand(
                command,
                output=out or Path(scratch),
                cwd=Path.cwd(),
                env={"HHF_OUTPUT": str(guests.OUTPUT)},
                clock=clock,
                seed=seed,
                deadline_s=deadline,
                wall_deadline_s=wall_deadline,
                memory_mib=memory,
            ),
            stdout=partial(_copy, sys.stdout.fileno()),
            stderr=partial(_copy, sys.stderr.fileno()),
        )
    return result.status


def _copy(descriptor: int, chunk: bytes) -> None:
    """Write all of it at once; a reader that went away shall not stop the guest."""
    with suppress(BrokenPipeError):
        os.write(descriptor, chunk)
