# SPDX-License-Identifier: GPL-2.0-or-later
"""``hhf xray``: what goes on inside HHF, over time, as a picture and as data."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

import click

from hhf_testbed import compiled, progress
from hhf_testbed.cli.options import new_place
from hhf_testbed.cli.replay import standard_input, traffic_options
from hhf_testbed.errors import RequestError


@click.command()
@click.argument("what", type=click.Path(path_type=Path), metavar="RUN|FILE")
@click.option("--rate", help="Of the link below HHF, such as 100mbit; for a FILE.")
@traffic_options
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="DIR",
    help="New; by default NAME-xray in the current directory.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="For programs: one JSON object.")
@click.pass_context
def xray(
    context: click.Context, /, what: Path, *, rate: str | None, out: Path | None, **rest: Any
) -> int:
    """Show each flow's class over time, admissions, evictions, drops, filter load and queue.

    Of a finished RUN, the model walks along with the kernel's own arrivals and departures. Of a
    FILE (pcap or pcapng; - for the standard input), the arrivals go to a link of --rate, as in
    'hhf replay'. A picture, every event as a line of JSON, and tables go to a new directory.

    A capture of 'any' on a router has each packet twice, as it comes in and as it goes out. Where
    FILE tells, what counts is what went out by the interface by which most bytes did.

    Exit status: 0 it is made, 2 FILE could not be read to its end (the x-ray of what could be is
    made) or the request was wrong.
    """
    compiled.use()
    as_json = rest.pop("as_json")
    look = _run(context, what, rate) if what.is_dir() else _file(what, rate, rest)
    target = new_place(out or Path(f"{_stem(what)}-xray"))
    from hhf_testbed.xray import files

    scene = files.make(target, look)
    if as_json:
        click.echo(json.dumps({"directory": str(target), **files.summary(scene)}, indent=1))
    else:
        click.echo((target / "xray.txt").read_text(encoding="utf-8"))
        for remark in scene.remarks:
            click.echo(f"Note: {remark}.")
        click.echo(f"\nPicture: {target / 'xray.png'}\nEvents: {target / 'events.jsonl'}")
    if scene.damage is not None:
        raise scene.damage
    return 0


def _run(context: click.Context, directory: Path, rate: str | None) -> Callable[[TextIO], Any]:
    """Check that nothing is asked for that a run decides itself, and return how to look at it."""
    from hhf_testbed.xray.trial import of_run

    given = [
        f"--{name}"
        for name in ("qdisc", "hz", "profile", "seed", "interface", "direction")
        if context.get_parameter_source(name) is not click.core.ParameterSource.DEFAULT
    ]
    if rate is not None or given:
        options = ", ".join(["--rate", *given] if rate is not None else given)
        raise RequestError(f"{directory} is a run, which decides itself what {options} would")

    def look(events: TextIO) -> Any:
        with progress.reporter().step(f"x-ray {directory}") as step:
            return of_run(directory, events, step)

    return look


def _file(capture: Path, rate: str | None, rest: dict[str, Any]) -> Callable[[TextIO], Any]:
    from hhf_testbed.replay.request import parse
    from hhf_testbed.xray.capture import of_capture

    if rate is None:
        raise RequestError(f"{capture} is no directory of a run; a capture needs --rate")
    request, file = parse(rate, **rest), standard_input(capture)
    total_bytes = file.stat().st_size if file.is_file() else None

    def look(events: TextIO) -> Any:
        title = f"x-ray {capture}"
        with progress.reporter().step(title, total=total_bytes, unit="bytes") as step:
            return of_capture(file, request, events, step)

    return look


def _stem(what: Path) -> str:
    return "stdin" if str(what) == "-" else what.resolve().stem
