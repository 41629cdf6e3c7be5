# SPDX-License-Identifier: GPL-2.0-or-later
"""``hhf demo``: the main job."""

import re
import shlex
from functools import partial
from pathlib import Path

import click
from rich.console import Console

from hhf_testbed import guests
from hhf_testbed.cli.options import get_kernel, guest_options, kernel_options, run_place
from hhf_testbed.cli.outcome import tell
from hhf_testbed.errors import RequestError
from hhf_testbed.experiments.demo import QDISCS
from hhf_testbed.experiments.demo import demo as specify
from hhf_testbed.experiments.run import perform
from hhf_testbed.progress import reporter
from hhf_testbed.scenario import Scenario
from hhf_testbed.units import parse_rate_bps


@click.command()
@kernel_options
@guest_options
@click.option(
    "--qdisc",
    "qdiscs",
    multiple=True,
    metavar="QDISC",
    help="Such as pfifo or 'hhf limit=500'; repeat it. Default: pfifo, fq_codel, hhf.",
)
@click.option("--rate", metavar="RATE", help="Of the bottleneck, such as 50mbit.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="Another parameter of the scenario; repeat it. An unknown one lists them all.",
)
@click.option("--out", type=click.Path(path_type=Path), help="Directory of the run.")
@click.option("--json", "as_json", is_flag=True, help="For programs: one JSON object.")
def demo(
    kernel_name: str | None,
    hz: int,
    clock: guests.command.Clock,
    seed: int,
    qdiscs: tuple[str, ...],
    rate: str | None,
    settings: tuple[str, ...],
    out: Path | None,
    as_json: bool,
) -> int:
    """Compare pfifo, fq_codel and hhf under bulk and short flows, with the model beside them.

    Each qdisc is measured in a guest of its own on the real kernel, in virtual time. The run is
    kept: raw output, figures, a page, and all that is needed to repeat it ('hhf verify').
    """
    scenario = Scenario.of(_values(rate, settings))
    specify_on = partial(
        specify, scenario=scenario, qdiscs=qdiscs or QDISCS, hz=hz, clock=clock, seed=seed
    )
    specify_on(kernel="")  # refuses what is wrong before a kernel is built
    target = run_place(out, "demo", seed)
    talk = reporter()
    kernel = get_kernel(kernel_name, hz, talk)
    spec = specify_on(kernel=kernel.name)
    command = _command(kernel.name, hz, clock, seed, qdiscs, rate, settings)
    outcome = perform(spec, kernel, target, command, talk)
    tell(outcome, target, run=target, as_json=as_json, console=Console())
    return outcome.exit_status


def _values(rate: str | None, settings: tuple[str, ...]) -> dict[str, object]:
    values: dict[str, object] = {} if rate is None else {"rate_bps": parse_rate_bps(rate)}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not (name and equals):
            raise RequestError(f"--set is {setting!r}; allowed is KEY=VALUE, such as load_s=30")
        if name in values:
            also = " (--rate is one of them)" if name == "rate_bps" and rate else ""
            raise RequestError(f"{name} is given twice{also}; allowed is once")
        values[name] = _value(text)
    return values


def _value(text: str) -> object:
    """Read a number or a truth value; everything else is text, for the scenario to judge."""
    if text in ("true", "false"):
        return text == "true"
    if re.fullmatch(r"[+-]?[0-9]{1,30}", text):  # int() would also read 1_0 and Arabic digits
        return int(text)
    try:
        return float(text) if text.isascii() and "_" not in text else text
    except ValueError:
        return text


def _command(
    kernel: str,
    hz: int,
    clock: str,
    seed: int,
    qdiscs: tuple[str, ...],
    rate: str | None,
    settings: tuple[str, ...],
) -> str:
    words = ["hhf", "demo", "--kernel", kernel, "--hz", str(hz), "--seed", str(seed)]
    words += ["--clock", clock] if clock != "virtual" else []
    words += ["--rate", rate] if rate else []
    for option, values in (("--qdisc", qdiscs), ("--set", settings)):
        words += [word for value in values for word in (option, value)]
    return shlex.join(words)
