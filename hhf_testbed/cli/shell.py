# SPDX-License-Identifier: GPL-2.0-or-later
"""``hhf shell``: the Mininet prompt in a guest, with the dumbbell and hhf ready."""

import sys
import tempfile
from pathlib import Path

import click

from hhf_testbed import guests
from hhf_testbed.cli.options import get_kernel, guest_options, kernel_options
from hhf_testbed.errors import RequestError
from hhf_testbed.paths import package_dir
from hhf_testbed.progress import reporter
from hhf_testbed.tc.qdisc import parse_qdisc

FOREVER_S = 1e9


@click.command()
@kernel_options
@guest_options
@click.option("--qdisc", default="hhf", show_default=True, help="At the bottleneck.")
@click.option("--bulk", type=click.IntRange(1, 50), default=2, show_default=True, help="Senders.")
def shell(
    kernel_name: str | None,
    hz: int,
    clock: guests.command.Clock,
    seed: int,
    qdisc: str,
    bulk: int,
) -> int:
    """Open the Mininet prompt in a guest with a dumbbell; nothing of it stays.

    Ctrl-C ends the command in the guest, 'exit' the guest. Time is virtual: waiting takes none, so
    a minute of ping is over in a moment; --clock real gives the usual feeling.

    \b
    mininet> p1 ping -c 3 P1
    mininet> B1 iperf3 -s -D
    mininet> b1 iperf3 -c B1 -t 10
    mininet> left tc -s qdisc show dev left-eth0
    """
    parse_qdisc(qdisc)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise RequestError(
            "'hhf shell' talks to a person, and its input or output is no terminal; "
            "allowed is a terminal, and 'hhf exec' for programs"
        )
    kernel = get_kernel(kernel_name, hz, reporter())
    click.echo("Starting the guest; leave its prompt with 'exit'.", err=True)
    with tempfile.TemporaryDirectory(prefix="hhf-shell-") as scratch:
        return guests.shell(
            kernel,
            guests.GuestCommand(
                (sys.executable, "-P", "-m", "hhf_testbed.prompt", qdisc, str(bulk)),
                output=Path(scratch),
                env={"PYTHONPATH": str(package_dir().parent)},
                clock=clock,
                seed=seed,
                deadline_s=FOREVER_S,
                wall_deadline_s=FOREVER_S,
            ),
        )
