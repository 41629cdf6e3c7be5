# SPDX-License-Identifier: GPL-2.0-or-later
"""``hhf mutate``: does the regression suite see small faults in sch_hhf.c?"""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import click

from hhf_testbed.cli.options import EXISTING_FILE, get_kernel, kernel_options
from hhf_testbed.conform.lab import Lab
from hhf_testbed.conform.tools import own_source
from hhf_testbed.errors import RequestError
from hhf_testbed.mutate.campaign import try_all
from hhf_testbed.mutate.fault import Fault
from hhf_testbed.mutate.operators import faults
from hhf_testbed.mutate.reasons import reasons, stale, unexplained
from hhf_testbed.mutate.trial import Bench, Fate, Tried
from hhf_testbed.progress import reporter
from hhf_testbed.regress.claim import all_claims
from hhf_testbed.regress.conformance import drawn_claims
from hhf_testbed.regress.expected import known_features
from hhf_testbed.regress.order import interleaved


@click.command()
@kernel_options
@click.option(
    "--source", type=EXISTING_FILE, help="Put the faults into this sch_hhf.c, not the kernel's."
)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=1, show_default=True,
              help="Of the guests, and of the sample.")  # fmt: skip
@click.option("--sample", type=click.IntRange(1), help="Try only so many, chosen at random.")
@click.option("--all", "everything", is_flag=True, help="Also those known to change nothing.")
@click.option("--list", "only_list", is_flag=True, help="Print the faults and try none.")
@click.option("--json", "as_json", is_flag=True, help="For programs: one JSON object.")
@click.argument("words", nargs=-1)
def mutate(
    kernel_name: str | None,
    hz: int,
    source: Path | None,
    seed: int,
    sample: int | None,
    everything: bool,
    only_list: bool,
    as_json: bool,
    words: tuple[str, ...],
) -> int:
    """Put small faults into sch_hhf.c, one at a time, and run the regression suite with each.

    A fault that no claim notices is a missing claim, unless a reason is written down for it
    (hhf_testbed/mutate/reasons.toml). WORDS choose faults that have one of them in their names.

    Exit status: 0 each fault is seen or explained, 1 one is not, 2 the lab failed.
    """
    talk = reporter()
    kernel = get_kernel(kernel_name, hz, talk)
    text = (source or own_source(kernel)).read_bytes()
    chosen = _chosen(text, words, sample, seed, everything=everything)
    if only_list:
        for fault in chosen:
            click.echo(f"{fault.line:4} {fault.operator:20} {fault.name}")
        return 0
    with talk.step("Probing the kernel's features"):
        features, _ = known_features(kernel)
    claims = interleaved(all_claims())
    bench = Bench(Lab.of(kernel, source), text, features, claims, drawn_claims(), seed)
    with talk.step("Trying the source as it is"):
        bench.check()
    tried = []
    with talk.step("Trying faults", total=len(chosen), unit="faults") as step:
        for one in try_all(bench, chosen):
            tried.append(one)
            step.at(len(tried))
            if one.fate is Fate.SURVIVED and one.fault.name not in reasons():
                talk.say(f"survived: line {one.fault.line}, {one.fault.name}")
    tried.sort(key=lambda one: one.fault.begin)
    click.echo(json.dumps(_facts(tried), indent=1) if as_json else _text(tried))
    return 1 if unexplained(tried) else 0


def _chosen(
    source: bytes, words: Sequence[str], sample: int | None, seed: int, *, everything: bool
) -> list[Fault]:
    """Return the faults to try; those that no test could see are left out. Raises RequestError."""
    known = reasons()
    try:
        found = faults(source)
    except ValueError as error:
        raise RequestError(f"the source is no C file that can be read: {error}") from error
    fitting = [f for f in found if not words or any(word in f.name for word in words)]
    if not fitting:
        raise RequestError(f"of {len(found)} faults none has {' or '.join(words)} in its name")
    if not everything:
        fitting = [f for f in fitting if f.name not in known or not known[f.name].equivalent]
    if not fitting:
        raise RequestError(
            "all of these are known to change nothing; --all tries them nevertheless"
        )
    if sample and sample < len(fitting):
        fitting = Random(seed).sample(fitting, sample)
    return fitting


def _facts(tried: Sequence[Tried]) -> dict[str, Any]:
    return {
        "fates": dict(Counter(one.fate.value for one in tried)),
        "unexplained": [one.fault.name for one in unexplained(tried)],
        "stale_reasons": stale(tried),
        "faults": [
            {"name": one.fault.name, "line": one.fault.line, "operator": one.fault.operator,
             "fate": one.fate.value, "by": one.by, "seen": one.seen}
            for one in tried
        ],
    }  # fmt: skip


def _text(tried: Sequence[Tried]) -> str:
    known = reasons()
    fates = Counter(one.fate for one in tried)
    survivors = [one for one in tried if one.fate is Fate.SURVIVED]
    lines = [f"{one.fault.line:4}  {one.fault.name}" for one in unexplained(tried)]
    if lines:
        lines.insert(0, "Survived without a reason:")
    explained = [known[one.fault.name] for one in survivors if one.fault.name in known]
    equivalent = sum(reason.equivalent for reason in explained)
    if old := stale(tried):
        lines += ["These have a reason to survive and did not:", *(f"      {name}" for name in old)]
    built = len(tried) - fates[Fate.UNBUILT]
    return "\n".join([
        *lines,
        f"{len(tried)} faults: {fates[Fate.UNBUILT]} do not compile; of {built} others "
        f"{fates[Fate.KILLED]} refute a claim, {fates[Fate.KILLED_BY_CHANCE]} only random "
        f"scenarios, {equivalent} change nothing that could be seen, "
        f"{len(explained) - equivalent} have another reason, {len(unexplained(tried))} have none",
    ])  # fmt: skip
