# SPDX-License-Identifier: GPL-2.0-or-later
"""``hhf regress``: does this kernel's hhf still do what it must?"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from hhf_testbed.cli.options import EXISTING_FILE, get_kernel, kernel_options
from hhf_testbed.cli.options import chosen as given
from hhf_testbed.conform.lab import Lab
from hhf_testbed.errors import LabFailure, RequestError
from hhf_testbed.model.features import Features
from hhf_testbed.progress import Reporter, reporter
from hhf_testbed.regress.claim import Claim, all_claims
from hhf_testbed.regress.conformance import Drawn, drawn_claims
from hhf_testbed.regress.expected import known_features
from hhf_testbed.regress.junit import junit
from hhf_testbed.regress.ktap import ktap
from hhf_testbed.regress.outcome import BAD, Outcome, Status
from hhf_testbed.regress.suite_run import SuiteRun
from hhf_testbed.regress.text import known_bugs, table, told

MAX_SEED = 2**32 - 1


@click.command()
@kernel_options
@click.option(
    "--source", type=EXISTING_FILE,
    help="A changed sch_hhf.c, tried in place of the kernel's own.",
)  # fmt: skip
@click.option(
    "--seed", type=click.IntRange(0, MAX_SEED), default=1, show_default=True,
    help="Of everything random, such as the hash keys.",
)  # fmt: skip
@click.option(
    "--repeat", type=click.IntRange(1, 10_000), default=1, show_default=True,
    help="Run so many times, each with the next seed.",
)  # fmt: skip
@click.option("--list", "only_list", is_flag=True, help="Print the claims and try none.")
@click.option("--ktap", "as_ktap", is_flag=True, help="For kernel CI: KTAP on standard output.")
@click.option("--json", "as_json", is_flag=True, help="For programs: one JSON object.")
@click.option(
    "--junit", "junit_file", type=click.Path(dir_okay=False, path_type=Path),
    help="Also write this file, as JUnit XML.",
)  # fmt: skip
@click.argument("words", nargs=-1)
def regress(
    kernel_name: str | None,
    hz: int,
    source: Path | None,
    seed: int,
    repeat: int,
    only_list: bool,
    as_ktap: bool,
    as_json: bool,
    junit_file: Path | None,
    words: tuple[str, ...],
) -> int:
    """Try every claim about hhf on a kernel, or those with one of WORDS in their names.

    A known bug of the kernel must still be there: one that is gone is told, too.

    \b
    hhf regress                                 the newest kernel
    hhf regress --source my/sch_hhf.c           the same kernel with a changed hhf
    hhf regress --source my/sch_hhf.c eviction  only what is about eviction

    Exit status: 0 all as it must be, 1 a claim is refuted, 2 the lab failed.
    """
    if as_ktap and as_json:
        raise RequestError("--ktap and --json both want standard output; allowed is one of them")
    claims, drawn = _chosen(words)
    if only_list:
        return _list([*claims, *(one.claim for one in drawn)], as_json=as_json)
    if junit_file and not junit_file.absolute().parent.is_dir():
        raise RequestError(f"--junit is {junit_file}; allowed is a file in a directory that exists")
    talk = reporter()
    kernel = get_kernel(kernel_name, hz, talk)
    with talk.step("Probing the kernel's features"):
        features, profile = known_features(kernel)
    lab = Lab.of(kernel, source)
    outcomes = list(_tried(lab, features, range(seed, seed + repeat), claims, drawn, talk))
    facts = {
        "kernel": kernel.release, "hz": hz, "profile": profile,
        "seed": seed, "repeat": repeat, "source": str(source or ""),
    }  # fmt: skip
    if as_json:
        click.echo(json.dumps({**facts, "claims": [_fact(one) for one in outcomes]}, indent=1))
    elif as_ktap:
        click.echo("\n".join(ktap(outcomes)))
    else:
        again = _again(kernel_name, hz, source)
        click.echo("\n".join(_text(outcomes, facts, again, short=bool(words))))
    if junit_file:
        _write(junit_file, junit(outcomes, kernel.release))
    return _status(outcomes)


def _again(kernel_name: str | None, hz: int, source: Path | None) -> list[str]:
    """The command as it was given, without seed and claims."""
    kernel = ["--kernel", kernel_name] if kernel_name else []
    changed = ["--source", str(source)] if source else []
    return ["hhf", "regress", *kernel, "--hz", str(hz), *changed, *given().words]


def _chosen(words: Sequence[str]) -> tuple[list[Claim], list[Drawn]]:
    """Return the claims and the drawn ones that fit. Raises RequestError if a word fits none."""
    claims, drawn = all_claims(), drawn_claims()
    ids = [claim.id for claim in (*claims, *(one.claim for one in drawn))]
    for word in words:
        if not any(word in name for name in ids):
            areas = ", ".join(sorted({name.partition(".")[0] for name in ids}))
            raise RequestError(f"no claim has {word!r} in its name; the areas are {areas}")

    def fits(claim: Claim) -> bool:
        return not words or any(word in claim.id for word in words)

    return [one for one in claims if fits(one)], [one for one in drawn if fits(one.claim)]


def _list(claims: Iterable[Claim], *, as_json: bool) -> int:
    rows = [{"id": one.id, "claim": one.title, "needs": one.needs} for one in claims]
    if as_json:
        click.echo(json.dumps(rows, indent=1))
    else:
        for row in rows:
            click.echo(f"{row['id']}\n    {row['claim']}")
    return 0


def _tried(
    lab: Lab,
    features: Features,
    seeds: range,
    claims: Sequence[Claim],
    drawn: Sequence[Drawn],
    talk: Reporter,
) -> Iterable[Outcome]:
    total = (len(claims) + len(drawn)) * len(seeds)
    with talk.step("Trying claims", total=total, unit="claims") as step:
        done = 0

        def tell(outcome: Outcome) -> None:
            nonlocal done
            done += 1
            step.at(done)
            if outcome.status in BAD:
                talk.say(f"{outcome.status}: {outcome.claim.id}")

        for seed in seeds:
            yield from SuiteRun(lab, features, seed, tell).run(claims, drawn)


def _text(
    outcomes: Sequence[Outcome], facts: dict[str, Any], again: Sequence[str], *, short: bool
) -> list[str]:
    lines = [*told(outcomes, again), *known_bugs(outcomes)]
    lines += [] if short and len(outcomes) == 1 else list(table(outcomes))
    return [
        *lines,
        f"Linux {facts['kernel']}, HZ {facts['hz']}, seed {facts['seed']}; "
        f"its profile: {facts['profile']}",
    ]


def _fact(outcome: Outcome) -> dict[str, Any]:
    claim, seen = outcome.claim, asdict(outcome.seen) | {"status": outcome.status.value}
    about = {"id": claim.id, "claim": claim.text, "needs": claim.needs, "seed": outcome.seed}
    return about | seen


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise LabFailure(f"{path} cannot be written: {error.strerror}") from error


def _status(outcomes: Sequence[Outcome]) -> int:
    if not outcomes:
        raise LabFailure("no claim was tried, so nothing was learned")
    if any(one.status in BAD for one in outcomes):
        return 1
    if broken := [one.claim.id for one in outcomes if one.status is Status.BROKEN]:
        raise LabFailure(f"these claims failed by themselves: {', '.join(broken)}")
    return 0
