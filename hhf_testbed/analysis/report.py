# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes what a run says: a page, a text and its figures, from stored data alone.

The page is one file that needs nothing else: figures inside it, no scripts, no requests. The same
data gives the same bytes.
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from hhf_testbed.analysis.facts import Facts, Model, service_ms
from hhf_testbed.analysis.plots import Drawn, Picture, draw_all
from hhf_testbed.analysis.remarks import remarks
from hhf_testbed.analysis.series import TrialSeries
from hhf_testbed.analysis.table import NOTE, plain_text, rows
from hhf_testbed.analysis.verdict import LAB_FAILURE, REFUTED, Claim

FIGURES: Final = "figures"
PIXELS_PER_CM: Final = 96 / 2.54

_HEADINGS: Final = {
    "scenario": "Scenario",
    "qdiscs": "Qdiscs, as read back from the kernel",
    "kernel": "Kernel",
    "versions": "Versions",
}
_REPEATED: Final = {"specification"}
"""For programs: the same again, as one value from which a run can be repeated."""


@dataclass(frozen=True)
class Inlined:
    """A picture inside the page: its data URL, its file's name, and its size in CSS pixels."""

    stem: str
    source: str
    width: int
    height: int


@dataclass(frozen=True)
class Shown:
    """A figure inside the page, and its stacked form for narrow screens (or the same again)."""

    title: str
    caption: str
    wide: Inlined
    narrow: Inlined


def write_report(
    directory: Path,
    record: Mapping[str, Any],
    trials: Sequence[TrialSeries],
    summaries: Mapping[str, Mapping[str, Any]],
    claims: Sequence[Claim],
) -> None:
    """Write report.html, report.txt and figures/*.png, *.svg into ``directory``.

    Args:
        directory: where to. Its name is nowhere in what is written: a run that is repeated in
            another place gives the same bytes.
        record: what was run: "seed", "command", "scenario", "qdiscs", "kernel", "versions"; more
            is shown as it is, less is left out.
        trials: in the order in which they are shown.
        summaries: by the label of the qdisc.
        claims: in the order in which they are shown.
    """
    facts = [Facts.of(summaries[trial.qdisc]) for trial in trials]
    figures = draw_all(trials, directory / FIGURES)
    notes = remarks({fact.qdisc: fact for fact in facts}, trials)
    (directory / "report.txt").write_text(plain_text(facts, claims, notes), encoding="utf-8")
    page = _page(record, facts, figures, claims, notes)
    (directory / "report.html").write_text(page, encoding="utf-8")


def _page(
    record: Mapping[str, Any],
    facts: Sequence[Facts],
    figures: Sequence[Drawn],
    claims: Sequence[Claim],
    notes: Sequence[str],
) -> str:
    environment = Environment(
        loader=PackageLoader("hhf_testbed.analysis"),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    return environment.get_template("report.html").render(
        title=f"hhf {record.get('experiment', 'demo')}",
        lead=lead(claims),
        setting=_setting(record, facts),
        claims=claims,
        remarks=notes,
        columns=[fact.qdisc for fact in facts],
        rows=rows(facts),
        table_note=NOTE,
        figures=[_shown(figure) for figure in figures],
        model_words=_model_words(facts),
        model_rows=_model_rows(facts),
        problems=[problem for fact in facts for problem in fact.named_problems()],
        validity_rows=_validity_rows(facts),
        record_sections=list(_sections(record)),
        command=record.get("command") or f"hhf demo --seed {record.get('seed', 1)}",
    )


def lead(claims: Sequence[Claim]) -> str:
    """The whole outcome in one sentence."""
    count = len(claims)
    failed = sum(claim.verdict == LAB_FAILURE for claim in claims)
    refuted = sum(claim.verdict == REFUTED for claim in claims)
    if failed or not count:
        return f"Lab failure: {failed} of {count} claims could not be judged."
    if refuted:
        return f"Refuted: {refuted} of {count} claims do not hold."
    return f"Supported: all {count} claims hold."


def _setting(record: Mapping[str, Any], facts: Sequence[Facts]) -> str:
    names = ", ".join(fact.qdisc for fact in facts)
    parts = [f"Queueing disciplines (qdiscs) compared: {names}."]
    if facts:
        parts.append(f"Bottleneck: {facts[0].rate_bps / 1e6:g} Mbit/s.")
    release = _kernel_release(record.get("kernel"))
    if release:
        parts.append(f"Kernel: Linux {release}.")
    if "seed" in record:
        parts.append(f"Seed: {record['seed']}.")
    return " ".join(parts)


def _kernel_release(kernel: Any) -> str:
    return str(kernel.get("release", "")) if isinstance(kernel, Mapping) else str(kernel or "")


def _shown(figure: Drawn) -> Shown:
    pictures = [_inlined(picture) for picture in figure.pictures]
    return Shown(figure.title, figure.caption, pictures[0], pictures[-1])


def _inlined(picture: Picture) -> Inlined:
    """Inline the SVG: it is sharp at any size and in print."""
    encoded = base64.b64encode(picture.svg.read_bytes()).decode("ascii")
    return Inlined(
        picture.svg.stem,
        f"data:image/svg+xml;base64,{encoded}",
        round(picture.width_cm * PIXELS_PER_CM),
        round(picture.height_cm * PIXELS_PER_CM),
    )


def _model_words(facts: Sequence[Facts]) -> list[str]:
    found = [fact for fact in facts if fact.model]
    if not found:
        return []
    grain_ms = service_ms(found[0].rate_bps)
    return [
        "The reference model is a second hhf, written in Python from the rules of the kernel's "
        "sch_hhf.c. It is given every packet that reached the bottleneck, with its time, flow and "
        "length, and every moment at which the kernel sent a packet. It then says by its own rules "
        "which packet that must have been, and which packets must have been dropped.",
        "The RTT it predicts for a probe is the measured RTT, less the measured time in the queue, "
        "plus the predicted one. It may be off by one service time, "
        f"{grain_ms:.3f} ms, which is what a full frame takes at this rate: the finest step in "
        "which the delay of a queue can differ when the order of two packets does. The model does "
        "not know the random key of the kernel's flow hash, so two flows may share a counter in "
        "one and not in the other.",
    ]


def _model_rows(facts: Sequence[Facts]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for fact in facts:
        if fact.model:
            found += [
                (f"{fact.qdisc}: departures that agree", f"{fact.model.same_packet:.4%}"),
                (f"{fact.qdisc}: same packets dropped", "yes" if fact.model.same_drops else "no"),
                (f"{fact.qdisc}: first difference", fact.model.first_difference or "none"),
                *_model_doubts(fact.qdisc, fact.model),
            ]
    return found


def _model_doubts(name: str, model: Model) -> Iterator[tuple[str, str]]:
    if model.hash_sharing_bound is not None:
        bound = f"less than {model.hash_sharing_bound:.2g}"
        yield f"{name}: probability that the unknown key mattered", bound
    alone = model.error_alone
    if alone is not None and alone.p99 is not None:
        shown = f"half of them within {alone.p50:.3g} ms, 99 % within {alone.p99:.3g} ms"
        yield f"{name}: time in the queue, predicted from the arrivals alone", shown


def _validity_rows(facts: Sequence[Facts]) -> list[tuple[str, str]]:
    return [
        (
            fact.qdisc,
            f"bottleneck used to {fact.utilisation:.1%}; {fact.idle.count} idle probes, "
            f"{fact.load.count} probes under load, "
            f"{fact.fct.count} of {fact.started} short flows finished",
        )
        for fact in facts
    ]


def _sections(record: Mapping[str, Any]) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """The record as tables of names and values: the known parts first, then all others."""
    for key, heading in _HEADINGS.items():
        if key in record:
            yield heading, list(_flat(record[key]))
    rest = {key: record[key] for key in sorted(record.keys() - _HEADINGS.keys() - _REPEATED)}
    if rest:
        yield "Record", list(_flat(rest))


def _flat(value: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every leaf of nested dicts and lists, with the path to it."""
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _flat(inner, f"{prefix} {key}" if prefix else str(key))
    elif isinstance(value, list | tuple) and any(isinstance(v, Mapping | list) for v in value):
        for number, inner in enumerate(value, 1):
            yield from _flat(inner, f"{prefix} {number}" if prefix else str(number))
    else:
        shown = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        yield prefix, shown
