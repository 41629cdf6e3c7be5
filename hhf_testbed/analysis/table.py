# SPDX-License-Identifier: GPL-2.0-or-later
"""One table of numbers for terminal, text file and page, and the verdicts as text.

A column per qdisc: then it fits a phone and a terminal of 80 columns, and comparing is reading
across. Nothing depends on colour.
"""

import io
import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from rich import box
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from hhf_testbed.analysis.facts import Facts
from hhf_testbed.analysis.verdict import LAB_FAILURE, REFUTED, SUPPORTED, Claim

WIDTH: Final = 80
UNKNOWN: Final = "-"
NOTE: Final = (
    f"p50, p95, p99: half, 95 % and 99 % of all samples are no larger. A {UNKNOWN} stands for too "
    "few samples, or for no such thing. RTT: round-trip time of probes. FCT: completion time of "
    "short flows. Fairness: Jain's index over the bulk flows, 1 is even. Bits count whole Ethernet "
    "frames."
)
MARKS: Final = {SUPPORTED: "[ok]", REFUTED: "[NO]", LAB_FAILURE: "[??]"}
_STYLES: Final = {SUPPORTED: "green", REFUTED: "bold red", LAB_FAILURE: "bold yellow"}


@dataclass(frozen=True)
class Row:
    """One line: a quantity, its unit, and a value per qdisc as text."""

    label: str
    unit: str
    values: tuple[str, ...]
    begins_group: bool = False


def rows(facts: Sequence[Facts]) -> list[Row]:
    """Every line of the table for which at least one trial has a value."""
    found = [
        Row(label, unit, tuple(read(fact) for fact in facts), label in _GROUPS)
        for label, unit, read in _LINES
    ]
    return [row for row in found if any(value != UNKNOWN for value in row.values)]


def table(facts: Sequence[Facts]) -> Table:
    """The table as rich prints it."""
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    drawn.add_column("")
    drawn.add_column("unit")
    for fact in facts:
        drawn.add_column(fact.qdisc, justify="right")
    for row in rows(facts):
        if row.begins_group:
            drawn.add_section()
        drawn.add_row(row.label, row.unit, *row.values)
    return drawn


def verdicts(claims: Iterable[Claim]) -> list[RenderableType]:
    """Each claim with its mark, what was measured and, if nothing was learned, why."""
    lines: list[RenderableType] = []
    for claim in claims:
        head = f"{MARKS[claim.verdict]} {claim.verdict}: {claim.text}"
        lines.append(Text(_wrap(head), style=_STYLES[claim.verdict]))
        said = [f"Measured: {claim.measured}", *(f"Doubt: {doubt}" for doubt in claim.doubts)]
        lines += [Text(_wrap(line, "     ")) for line in said]
    return lines


def show(
    console: Console, facts: Sequence[Facts], claims: Sequence[Claim], remarks: Sequence[str]
) -> None:
    """Print table, note, verdicts and remarks."""
    console.print(table(facts))
    console.print(Text(_wrap(NOTE, further=""), style="dim"))
    console.print()
    for line in verdicts(claims):
        console.print(line)
    for remark in remarks:
        console.print(Text(_wrap(f"Note: {remark}", "", "      ")))


def plain_text(facts: Sequence[Facts], claims: Sequence[Claim], remarks: Sequence[str]) -> str:
    """The same for a file: 80 columns, no colour, whatever the terminal and its settings."""
    sheet = io.StringIO()
    console = Console(
        file=sheet,
        width=WIDTH,
        color_system=None,
        force_terminal=False,
        legacy_windows=False,
    )
    show(console, facts, claims, remarks)
    lines = [line.rstrip() for line in sheet.getvalue().strip("\n").splitlines()]
    return "\n".join(lines) + "\n"


def _wrap(text: str, indent: str = "", further: str = "     ") -> str:
    return textwrap.fill(
        text, WIDTH, initial_indent=indent, subsequent_indent=further, break_on_hyphens=False
    )


def _number(read: Callable[[Facts], float | None], form: str) -> Callable[[Facts], str]:
    def shown(facts: Facts) -> str:
        value = read(facts)
        return UNKNOWN if value is None else format(value, form)

    return shown


def _finished(facts: Facts) -> str:
    return f"{facts.fct.count}/{facts.started}" if facts.started else UNKNOWN


def _same_packet(facts: Facts) -> float | None:
    return facts.model.same_packet * 100 if facts.model else None


_GROUPS: Final = frozenset({"RTT idle p50", "FCT p50", "bulk total", "model: same packet"})
_LINES: Final[tuple[tuple[str, str, Callable[[Facts], str]], ...]] = (
    ("RTT idle p50", "ms", _number(lambda f: f.idle.at(50), ".1f")),
    ("RTT under load p50", "ms", _number(lambda f: f.load.at(50), ".1f")),
    ("RTT under load p95", "ms", _number(lambda f: f.load.at(95), ".1f")),
    ("RTT under load p99", "ms", _number(lambda f: f.load.at(99), ".1f")),
    ("FCT p50", "ms", _number(lambda f: f.fct.at(50), ".0f")),
    ("FCT p95", "ms", _number(lambda f: f.fct.at(95), ".0f")),
    ("short flows finished", "", _finished),
    ("bulk total", "Mbit/s", _number(lambda f: f.bulk_bps / 1e6, ".2f")),
    ("fairness of bulk", "", _number(lambda f: f.fairness, ".3f")),
    ("utilisation", "%", _number(lambda f: f.utilisation * 100, ".1f")),
    ("dropped", "packets", _number(lambda f: f.drops, ",d")),
    ("model: same packet", "%", _number(_same_packet, ".3f")),
    ("model: RTT p50 off by", "ms", _number(lambda f: f.model_error_ms(50), "+.3f")),
    ("model: RTT p95 off by", "ms", _number(lambda f: f.model_error_ms(95), "+.3f")),
    ("model: RTT p99 off by", "ms", _number(lambda f: f.model_error_ms(99), "+.3f")),
)
