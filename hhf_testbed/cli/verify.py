# SPDX-License-Identifier: GPL-2.0-or-later
"""``hhf verify``: a run again, from its own record, compared byte by byte."""

import tempfile
from pathlib import Path

import click

from hhf_testbed import kernels
from hhf_testbed.errors import RequestError
from hhf_testbed.experiments.provenance import provenance
from hhf_testbed.experiments.run import repeat
from hhf_testbed.progress import reporter
from hhf_testbed.store.compare import compare_runs
from hhf_testbed.store.run_directory import open_run


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
def verify(run: Path) -> int:
    """Repeat RUN and compare every file with it, except host.json.

    Exit status: 0 every byte agrees, 1 one does not, 2 it could not be repeated.
    """
    record = open_run(run)
    if record["clock"] != "virtual":
        raise RequestError(
            f"run {run} was made with the clock {record['clock']!r}; only runs with the clock "
            "'virtual' repeat byte for byte"
        )
    talk = reporter()
    kernel = kernels.get(record["kernel"]["name"], hz=record["kernel"]["hz"], reporter=talk)
    with tempfile.TemporaryDirectory(prefix="hhf-verify-") as scratch:
        again = Path(scratch) / run.resolve().name
        repeat(run, kernel, again, talk)
        seen = compare_runs(run, again)
    if not seen.difference:
        click.echo(f"{run}: all {seen.files} files agree in every byte")
        return 0
    click.echo(f"{run}: {seen.difference}")
    if (now := provenance()) != record["versions"]:
        click.echo(f"It was made by {record['versions']}, repeated by {now}.")
    return 1
