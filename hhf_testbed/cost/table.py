# SPDX-License-Identifier: GPL-2.0-or-later
"""Shows costs: a table for people, and plain values for programs."""

from collections.abc import Iterator
from typing import Any, Final

from hhf_testbed.cost.rounds import KERNEL
from hhf_testbed.cost.summary import Line, Spread, Summary

WIDTHS: Final = (22, 24, 14, 22, 20)
HEAD: Final = ("", "ns per packet", "packets/s", "times the kernel", "ns by the clock")
PHASES: Final = {
    "enqueue": "enqueue",
    "dequeue": "dequeue",
    "classify": "classify by itself",
    "hash": "hash by itself",
}


def table(summary: Summary, kernel: str) -> str:
    """Return the lines of all mixes; ``kernel`` is what the kernel is called."""
    return "\n".join(line for mix in summary for line in _mix(mix, summary[mix], kernel))


def _mix(mix: str, lines: list[Line], kernel: str) -> Iterator[str]:
    yield _row(mix, *HEAD[1:])
    for line in lines:
        times = _spread(line.times_kernel, 1) if line.times_kernel else ""
        name = kernel if line.subject == KERNEL else line.subject
        rate = f"{line.packets_per_s:,.0f}"
        clock = f"{line.wall_ns.median:,.0f}"
        yield _row(f"  {name}", _spread(line.cpu_ns, 0), rate, times, clock)
        for phase, title in PHASES.items():
            if phase in line.phases_ns:
                yield _row(f"    {title}", f"{line.phases_ns[phase]:,.0f}")


def _row(*cells: str) -> str:
    first, *others = cells
    rest = "".join(cell.rjust(width) for cell, width in zip(others, WIDTHS[1:], strict=False))
    return f"{first:{WIDTHS[0]}}{rest}"


def _spread(spread: Spread, digits: int) -> str:
    median, least, most = (
        f"{value:,.{digits}f}" for value in (spread.median, spread.least, spread.most)
    )
    return f"{median} ({least}-{most})"


def facts(summary: Summary) -> dict[str, list[dict[str, Any]]]:
    """Return the same for JSON; nanoseconds are per packet."""
    return {mix: [_fact(line) for line in lines] for mix, lines in summary.items()}


def _fact(line: Line) -> dict[str, Any]:
    return {
        "subject": line.subject,
        "packets_per_s": round(line.packets_per_s),
        "cpu_ns": _rounded(vars(line.cpu_ns)),
        "wall_ns": _rounded(vars(line.wall_ns)),
        "times_kernel": _rounded(vars(line.times_kernel)) if line.times_kernel else None,
        "phases_ns": _rounded(line.phases_ns),
    }


def _rounded(values: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 2) for name, value in values.items()}
