# SPDX-License-Identifier: GPL-2.0-or-later
"""Shows what happened in a scenario: kernel and model beside each other."""

from collections.abc import Sequence
from typing import Final

from hhf_testbed.conform.compare import Verdict
from hhf_testbed.conform.scenario import Scenario

WIDTH: Final = 44
SHOWN_ROWS: Final = 200


def history_text(scenario: Scenario, verdict: Verdict) -> str:
    """Return the history as text; of a long one the end, which is where it went wrong."""
    head = [
        f"scenario: {scenario.name}",
        f"{scenario.parent} at {scenario.rate_bps} bit/s, MTU {scenario.mtu_bytes}, "
        f"hhf {dict(scenario.hhf)}",
        "",
        _line("time ns", "step", "kernel", "model"),
    ]
    left_out = len(verdict.history) - SHOWN_ROWS
    if left_out > 0:
        head.append(f"... {left_out} rows before")
    rows = [_line(f"{at}", *texts) for at, *texts in verdict.history[-SHOWN_ROWS:]]
    return "\n".join([*head, *rows, "", verdict.difference or "kernel and model agree", ""])


def _line(time: str, step: str, kernel: str, model: str) -> str:
    cells: Sequence[str] = (f"{time:>14}", f"{step:{WIDTH}}", f"{kernel:{WIDTH}}", model)
    return "  ".join(cells).rstrip()
