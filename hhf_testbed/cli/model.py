# SPDX-License-Identifier: GPL-2.0-or-later
"""``hhf model``: what kernels do differently, and how fast the model is."""

import json
import os
import sys
from typing import Any, Final

import click

from hhf_testbed import compiled, paths, proc, progress
from hhf_testbed.compiled import build, recipe
from hhf_testbed.compiled.finder import PLAIN
from hhf_testbed.errors import RequestError

BENCH_DEADLINE_S: Final = 600.0
BENCH_PACKETS: Final = 500_000


@click.group()
def model() -> None:
    """The reference model: list, diff, compile, bench."""


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
@click.option("--json", "as_json", is_flag=True, help="For programs: one JSON array.")
@click.option("--packets", type=click.IntRange(1), default=BENCH_PACKETS, show_default=True)
@click.option("--rounds", type=click.IntRange(1), default=3, show_default=True)
def bench(as_json: bool, packets: int, rounds: int) -> None:
    """Measure packets per second on one core: the plain model, and the compiled one if there is."""
    found = [_bench({PLAIN: "1"}, packets, rounds)]
    if (recipe.directory() / recipe.COMPLETE).is_file():
        found.append(_bench({PLAIN: ""}, packets, rounds))
    if as_json:
        click.echo(json.dumps(found, indent=1))
        return
    for one in found:
        for mix, rate in one["packets_per_s"].items():
            click.echo(f"{one['model']:10}{mix:7}{rate:12,} packets/s{1e9 / rate:8,.0f} ns each")
    if len(found) == 1:
        click.echo("No compiled model: 'hhf model compile' makes it.")


def _bench(more: dict[str, str], packets: int, rounds: int) -> dict[str, Any]:
    environment = os.environ | {"PYTHONPATH": str(paths.package_dir().parent)} | more
    argv = [sys.executable, "-P", "-m", f"{compiled.__name__}.benchmark", str(packets), str(rounds)]
    ended = proc.run(argv, deadline_s=BENCH_DEADLINE_S, env=environment)
    measured: dict[str, Any] = json.loads(ended.stdout)
    return measured
