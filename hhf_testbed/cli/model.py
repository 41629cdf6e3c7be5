# SPDX-License-Identifier: GPL-2.0-or-later
"""``hhf model``: what kernels do differently, and how fast the model is."""

import json
from typing import Any, Final

import click

from hhf_testbed import progress
from hhf_testbed.cli.options import get_kernel, kernel_options
from hhf_testbed.cli.probe import probe
from hhf_testbed.compiled import build
from hhf_testbed.compiled.benchmark import PATTERN, laps
from hhf_testbed.cost import (
    KernelCost,
    facts,
    play_rounds,
    processor,
    summarise,
    table,
    turns,
)
from hhf_testbed.errors import RequestError

MAX_PACKETS: Final = 10**7
"""The plain model takes them in a minute, both mixes."""
MAX_ROUNDS: Final = 1000


@click.group()
def model() -> None:
    """The reference model: list, diff, probe, compile, bench."""


@model.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="For programs: one JSON object.")
def list_(as_json: bool) -> None:
    """List the behaviour profiles: which kernels behave alike, and in what they lack the newest."""
    from hhf_testbed.model import CURRENT, PROFILES
    from hhf_testbed.model.features import differences

    lacks = {
        name: [change.feature for change in differences(features, CURRENT)]
        for name, features in PROFILES.items()
    }
    if as_json:
        click.echo(json.dumps(lacks, indent=1))
        return
    for name, missing in lacks.items():
        click.echo(f"{name:12}{_against_newest(missing)}")


def _against_newest(missing: list[str]) -> str:
    if not missing:
        return "as the newest kernel known"
    return f"{len(missing)} changes behind the newest: {', '.join(missing)}"


@model.command()
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@click.option("--json", "as_json", is_flag=True, help="For programs: one JSON array.")
def diff(before: str, after: str, as_json: bool) -> None:
    """Say in words what changed in HHF from profile A to profile B, with commit and subject."""
    from hhf_testbed.model.features import describe, differences

    old, new = _profile(before), _profile(after)
    changes = differences(old, new)
    if as_json:
        found = [_change(change, getattr(new, change.feature)) for change in changes]
        click.echo(json.dumps(found, indent=1))
        return
    if not changes:
        click.echo(f"{before} and {after} behave the same.")
    for sentence in describe(old, new):
        click.echo(f"- {sentence}")


def _profile(name: str) -> Any:
    from hhf_testbed.model import PROFILES

    if name not in PROFILES:
        raise RequestError(f"there is no profile {name!r}; allowed are {', '.join(PROFILES)}")
    return PROFILES[name]


def _change(change: Any, gained: bool) -> dict[str, Any]:
    was, became = (change.without, change.with_) if gained else (change.with_, change.without)
    return {
        "feature": change.feature,
        "commit": change.commit,
        "subject": change.subject,
        "before": was,
        "after": became,
    }


@model.command(name="compile")
def compile_() -> None:
    """Compile the model (mypyc, gcc), three to six times as fast; 'hhf replay' then uses it.

    It is made again after the source has changed. The environment variable HHF_PLAIN keeps
    commands from using it.
    """
    click.echo(build.build(progress.reporter()))


@model.command()
@kernel_options
@click.option("--no-kernel", is_flag=True, help="Measure the model alone; no guest is started.")
@click.option("--no-compiled", is_flag=True, help="Leave out the compiled model.")
@click.option(
    "--packets", type=click.IntRange(1, MAX_PACKETS), default=500_000, show_default=True,
    help=f"Of each mix and round, at least; rounded up to a multiple of {PATTERN}.",
)  # fmt: skip
@click.option("--rounds", type=click.IntRange(1, MAX_ROUNDS), default=5, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="For programs: one JSON object.")
def bench(
    kernel_name: str | None,
    hz: int,
    no_kernel: bool,
    no_compiled: bool,
    packets: int,
    rounds: int,
    as_json: bool,
) -> None:
    """Measure what a packet costs on one core: the model, and the kernel's own code beside it.

    The same traffic, in two mixes, passes through the plain model, the compiled model and the
    kernel's sch_hhf, in turns. What is missing of them is made first.
    """
    from hhf_testbed.model.jiffies import require_hz

    if no_kernel and kernel_name is not None:
        raise RequestError(
            f"--kernel {kernel_name} contradicts --no-kernel; allowed is one of them"
        )
    require_hz(hz)
    talk = progress.reporter()
    kernel = None if no_kernel else KernelCost.of(get_kernel(kernel_name, hz, talk))
    if not no_compiled:
        build.build(talk)
    subjects = turns(packets, hz, compiled=not no_compiled, kernel=kernel)
    with talk.step("Measuring", total=rounds * len(subjects), unit="turns") as step:
        found = summarise(play_rounds(subjects, rounds, step.at))
    release = kernel.kernel.release if kernel else None
    about = {
        "processor": processor(),
        "kernel": release,
        "hz": hz,
        "packets": laps(packets) * PATTERN,
        "rounds": rounds,
    }
    if as_json:
        click.echo(json.dumps({**about, "mixes": facts(found)}, indent=1))
    else:
        click.echo(f"{_conditions(about)}\n{table(found, f'Linux {release}')}")


def _conditions(about: dict[str, Any]) -> str:
    said = (
        f"{about['processor']}; 10 Gbit/s, HZ {about['hz']}, {about['packets']:,} packets a round, "
        f"medians of {about['rounds']} rounds (least-most)."
    )
    hashes = "The model is given the flows' hashes; the kernel's code computes them."
    return f"{said}\n{hashes}" if about["kernel"] else said


model.add_command(probe)
