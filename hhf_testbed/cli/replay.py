# SPDX-License-Identifier: GPL-2.0-or-later
"""``hhf replay``: what HHF would do to captured traffic; no kernel is needed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from hhf_testbed import compiled, progress
from hhf_testbed.errors import LabError, RequestError

CONSOLE_COLUMNS = 140


def traffic_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what says which packets of a capture go through which HHF."""
    options = (
        click.option(
            "--qdisc", default="hhf", show_default=True, metavar="SPEC",
            help="Such as 'hhf limit=500 admit_bytes=64Kb'.",
        ),
        click.option("--hz", type=int, default=250, show_default=True, help="Ticks per second."),
        click.option("--profile", default="6.12", show_default=True, help="See 'hhf model list'."),
        click.option(
            "--seed", type=click.IntRange(0), default=1, show_default=True,
            help="Key of the flow hash.",
        ),
        click.option(
            "--interface", metavar="NAME",
            help="Only packets seen there: a number in captures of 'any', a name in pcapng.",
        ),
        click.option(
            "--direction", type=click.Choice(("out", "in", "both")),
            help="Only packets that went this way.  [default: see above]",
        ),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


@click.command()
@click.argument("capture", type=click.Path(path_type=Path), metavar="FILE")
@click.option("--rate", required=True, help="Of the link, such as 100mbit.")
@traffic_options
@click.option(
    "--seeds", type=click.IntRange(1, 1000), default=1, show_default=True,
    help="Replay with so many keys, from --seed on.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="For programs: one JSON object.")
def replay(capture: Path, *, seed: int, seeds: int, **rest: Any) -> int:
    """Say what HHF would do to the packets of FILE (pcap or pcapng) on a link of --rate.

    Heavy hitters, mistakes against the truth, and delays, beside those of one queue for all
    (pfifo). FILE may be - for the standard input. 'hhf xray' draws the same over time.

    The arrivals are taken as they are in FILE. TCP would have answered to other delays and drops
    by sending otherwise; for that, run an experiment.

    A capture of 'any' on a router has each packet twice, as it comes in and as it goes out. Where
    FILE tells, what counts is what went out by the interface by which most bytes did.

    Exit status: 0 no heavy hitter was missed while table T had room, 1 one was, 2 FILE could not
    be read to its end (what could be is shown) or the request was wrong.
    """
    compiled.use()
    from hhf_testbed.replay.request import parse

    as_json = rest.pop("as_json")
    requests = [parse(**rest, seed=seed + number) for number in range(seeds)]
    if capture.is_dir():
        raise RequestError(
            f"{capture} is a directory; allowed is a capture, or 'hhf xray' of a run"
        )
    file = standard_input(capture)
    if seeds > 1 and not file.is_file():
        raise RequestError("a pipe can be read once only; --seeds needs a file")
    runs = [_run(file, request) for request in requests]
    from hhf_testbed.replay.result import to_json

    found = [to_json(run) for run in runs]
    _tell(found, as_json)
    _raise(runs[0].damage)
    return 1 if any(one["truth"]["missed_with_room_packets"] for one in found) else 0


def standard_input(capture: Path) -> Path:
    """Return the path of a capture; - stands for the standard input."""
    return Path("/dev/stdin") if str(capture) == "-" else capture


def _run(capture: Path, request: Any) -> Any:
    from hhf_testbed.replay.run import replay as replay_file

    total_bytes = capture.stat().st_size if capture.is_file() else None
    step = progress.reporter().step(f"replay {capture}", total=total_bytes, unit="bytes")
    with step as under_way:
        return replay_file(capture, request, under_way)


def _tell(found: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        more = {"seeds": found} if len(found) > 1 else {}
        click.echo(json.dumps({**found[0], **more}, indent=1))
        return
    from hhf_testbed.replay.table import show, show_seeds

    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = CONSOLE_COLUMNS
    show(console, found[0])
    if len(found) > 1:
        show_seeds(console, found)


def _raise(damage: LabError | None) -> None:
    if damage is not None:
        raise damage
