# SPDX-License-Identifier: GPL-2.0-or-later
import io

import pytest
from rich.console import Console

from hhf_testbed import progress


@pytest.mark.parametrize(
    ("done", "total", "unit", "text"),
    [
        (3, None, "objects", "3 objects"),
        (355, 711, "objects", "355 of 711 objects (49 %)"),
        (712, 711, "objects", "711 of 711 objects (100 %)"),
        (75_965_692, 151_931_384, "bytes", "75 of 151 MB (49 %)"),
        (9, 9, "bytes", "0 of 1 MB (0 %)"),
    ],
)
def test_an_amount_is_said_in_the_units_of_the_step(done, total, unit, text):
    assert progress.amount(done, total, unit) == text


def test_without_a_terminal_there_are_plain_lines_and_no_escape_codes(monkeypatch):
    monkeypatch.setattr(progress, "PLAIN_INTERVAL_S", 0)
    stream = io.StringIO()
    reporter = progress.reporter(stream)
    with reporter.step("Compiling", total=4, unit="objects") as step:
        step.at(2)
    lines = ["Compiling ...", "Compiling: 2 of 4 objects (50 %)", "Compiling: done in 0 s", ""]
    assert stream.getvalue().split("\n") == lines


def test_plain_lines_come_seconds_apart():
    stream = io.StringIO()
    with progress.reporter(stream).step("Compiling", total=4) as step:
        for done in range(4):
            step.at(done)
    assert stream.getvalue().count("\n") == 2


def test_a_failing_step_is_not_said_to_be_done():
    stream = io.StringIO()
    with pytest.raises(KeyError), progress.reporter(stream).step("Compiling"):
        raise KeyError
    assert stream.getvalue() == "Compiling ...\n"


def test_on_a_terminal_one_line_remains_of_a_step(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")  # a dumb one is shown no bar
    stream = io.StringIO()
    bars = progress.Bars(Console(file=stream, force_terminal=True, highlight=False))
    with bars.step("Compiling", unit="objects") as step:
        step.at(2, 4)
    assert stream.getvalue().endswith("Compiling: done in 0 s\n")
    assert "2 of 4 objects" in stream.getvalue()
