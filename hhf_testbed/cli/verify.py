# SPDX-License-Identifier: GPL-2.0-or-later
"""``hhf verify``: a run again, from its own record, compared byte by byte."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from hhf_testbed import kernels
from hhf_testbed.cli.options import cache_errors, check_room, get_kernel, new_place
from hhf_testbed.errors import RequestError
from hhf_testbed.experiments.provenance import provenance
from hhf_testbed.experiments.run import repeat
from hhf_testbed.progress import Reporter, reporter
from hhf_testbed.store.compare import NAME_VERSIONS, compare_runs
from hhf_testbed.store.run_directory import open_run


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
def verify(run: Path) -> int:
    """Repeat RUN and compare every file with it, except host.json.

    A run that was made by other versions is compared too, but for the files that name them.

    Exit status: 0 every byte agrees, 1 one does not, 2 it could not be repeated.
    """
    record = open_run(run)
    if record["clock"] != "virtual":
        raise RequestError(
            f"run {run} was made with the clock {record['clock']!r}; only runs with the clock "
            "'virtual' repeat byte for byte"
        )
    talk = reporter()
    changed = changes(record["versions"], provenance())
    if changed:
        talk.say(f"The run was made by other versions: {'; '.join(changed)}.")
    leave_out = NAME_VERSIONS if changed else ()
    with tempfile.TemporaryDirectory(prefix="hhf-verify-") as scratch:
        again = Path(scratch) / new_place(run).resolve().name
        check_room(again, "TMPDIR")
        repeat(run, _kernel(record["kernel"], talk), again, talk)
        seen = compare_runs(run, again, leave_out=leave_out)
    if seen.difference:
        click.echo(f"{run}: {seen.difference}")
        return 1
    click.echo(f"{run}: all {seen.files} files {'compared ' * bool(changed)}agree in every byte")
    if changed:
        click.echo(f"Not compared, because they name the versions: {', '.join(leave_out)}.")
    return 0


def changes(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Say which versions differ, such as "numpy was 1.24.2, is 2.0.0"."""
    then, now = _flat(then), _flat(now)
    return [
        f"{name} was {then.get(name, 'not named')}, is {now.get(name, 'not named')}"
        for name in (then | now)
        if then.get(name) != now.get(name)
    ]


def _flat(versions: Mapping[str, Any]) -> dict[str, Any]:
    plain = {name: value for name, value in versions.items() if name != "libraries"}
    return {**plain, **versions.get("libraries", {})}


def _kernel(made_with: Mapping[str, Any], talk: Reporter) -> kernels.Kernel:
    """Return the very kernel if the cache still has it, else what its name stands for today."""
    with cache_errors():
        for entry in kernels.cached():
            if entry.kernel and not entry.problem and entry.kernel.key == made_with["key"]:
                return entry.kernel
    return get_kernel(made_with["name"], made_with["hz"], talk)
