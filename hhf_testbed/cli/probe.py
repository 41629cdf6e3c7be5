# SPDX-License-Identifier: GPL-2.0-or-later
"""``hhf model probe``: which behaviour a kernel has, found by asking it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from hhf_testbed.cli.options import EXISTING_FILE, get_kernel, kernel_options
from hhf_testbed.progress import reporter

if TYPE_CHECKING:
    from hhf_testbed.recognise import Recognised

ANSWERS: Final = {True: "yes", False: "no", None: "?"}


@click.command()
@kernel_options
@click.option(
    "--source", type=EXISTING_FILE, help="A changed sch_hhf.c, to be asked in place of its own."
)
@click.option("--json", "as_json", is_flag=True, help="For programs: one JSON object.")
def probe(kernel_name: str | None, hz: int, source: Path | None, as_json: bool) -> int:
    """Find out which features a kernel's HHF has, by probing each.

    A version number says little, since stable kernels take fixes out of order. Each probe is a
    short scenario, played on the kernel; the model with the feature and the model without it tell
    which of the two it is.

    Exit status: 0 it behaves like a known profile, 1 it does not, 2 the lab failed.
    """
    from hhf_testbed.conform.lab import Lab
    from hhf_testbed.recognise import recognise

    talk = reporter()
    lab = Lab.of(get_kernel(kernel_name, hz, talk), source)
    with talk.step("Probing the kernel's features"):
        known = recognise(lab)
    if as_json:
        head = {"kernel": lab.kernel.release, "hz": hz}
        click.echo(json.dumps({**head, **_facts(known)}, indent=1))
    else:
        click.echo(f"Linux {lab.kernel.release}, HZ {hz}: {known.words()}")
        for line in _lines(known):
            click.echo(line)
    return 0 if known.profiles else 1


def _lines(known: "Recognised") -> Iterator[str]:
    from hhf_testbed.model.features import CHANGES

    for evidence, change in zip(known.evidence, CHANGES, strict=True):
        source = f"{change.commit} {change.subject}".strip()
        yield f"{evidence.feature:24}{ANSWERS[evidence.value]:5}{evidence.seen} [{source}]"
    for evidence in known.undecided:
        yield f"\n{evidence.feature} was not decided:\n{evidence.history}"
    if not known.profiles:
        yield f"\nAgainst the nearest profile, {', '.join(known.nearest)}:"
        yield from (f"- {sentence}" for sentence in known.against_nearest() or ["the same"])


def _facts(known: "Recognised") -> dict[str, Any]:
    from hhf_testbed.model.features import CHANGES

    return {
        "profiles": known.profiles,
        "nearest": known.nearest,
        "differs_from_nearest": [change.feature for change in known.apart()],
        "features": [
            {**vars(evidence), "commit": change.commit, "subject": change.subject}
            for evidence, change in zip(known.evidence, CHANGES, strict=True)
        ],
    }
