# SPDX-License-Identifier: GPL-2.0-or-later
"""Tells the person, or the program, at the other end what a run says."""

import json
import shlex
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console

from hhf_testbed.analysis.table import show
from hhf_testbed.experiments.outcome import Outcome


def tell(outcome: Outcome, directory: Path, *, run: Path, as_json: bool, console: Console) -> None:
    """Print the table, the verdicts and where everything is; or all of it as one JSON object.

    ``directory`` has the report; ``run`` has the raw data, from which it can be repeated.
    """
    if as_json:
        click.echo(
            json.dumps(
                {
                    "run": str(run),
                    "report": str(directory / "report.html"),
                    "exit_status": outcome.exit_status,
                    "claims": [asdict(claim) for claim in outcome.claims],
                    "summary": json.loads((directory / "summary.json").read_text()),
                },
                indent=2,
            )
        )
        return
    show(console, outcome.facts, outcome.claims, outcome.remarks)
    click.echo(f"\nReport: {directory / 'report.html'}")
    click.echo(f"Repeat and compare every byte: {shlex.join(('hhf', 'verify', str(run)))}")
