# SPDX-License-Identifier: GPL-2.0-or-later
"""``hhf report``: a run's report again, from its stored data."""

from pathlib import Path

import click
from rich.console import Console

from hhf_testbed.cli.options import new_place
from hhf_testbed.cli.outcome import tell
from hhf_testbed.experiments.run import retell
from hhf_testbed.progress import reporter


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Where to; by default RUN-report in the current directory.",
)
@click.option("--json", "as_json", is_flag=True, help="For programs: one JSON object.")
def report(run: Path, out: Path | None, as_json: bool) -> int:
    """Judge and draw RUN again, without a kernel and without root; RUN itself never changes."""
    target = new_place(out or Path(f"{new_place(run).resolve().name}-report"))
    outcome = retell(run, target, reporter())
    tell(outcome, target, run=new_place(run), as_json=as_json, console=Console())
    return outcome.exit_status
