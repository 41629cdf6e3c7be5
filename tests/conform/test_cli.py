# SPDX-License-Identifier: GPL-2.0-or-later
"""``hhf conform``: what it refuses, what it prints, and how it ends."""

import json
from pathlib import Path

import pytest

from hhf_testbed.cli.main import run
from hhf_testbed.conform.lab import Lab
from hhf_testbed.kernels import Kernel
from hhf_testbed.recognise import recognise

AGREES = Path(__file__).parent / "diverged" / "drop-heavy-first.json"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--packets", "0"],
        ["--seed", "-1"],
        ["--scenario", "/nowhere.json"],
        ["--scenario", str(Path(__file__))],
    ],
)
def test_a_wrong_request_teaches_nothing(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["conform", *arguments]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.guest
def test_a_scenario_file_is_played_and_its_history_shown(
    kernel: Kernel, capsys: pytest.CaptureFixture[str]
) -> None:
    known = recognise(Lab.of(kernel))
    assert run(["conform", "--kernel", kernel.name, "--scenario", str(AGREES)]) == 0
    said = capsys.readouterr().out
    assert "kernel and model agree" in said
    assert said.startswith(f"profile of Linux {kernel.release}, HZ 250: {known.words()}\n")
    assert "1 of 1 scenarios agree" in said


@pytest.mark.guest
def test_an_expectation_that_fails_ends_with_status_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = json.loads(AGREES.read_text())
    data["steps"].append(["sample", 10**9, {"hh_tot_count": 77}])
    (tmp_path / "wrong.json").write_text(json.dumps(data))
    assert run(["conform", "--json", "--scenario", str(tmp_path / "wrong.json")]) == 1
    facts = json.loads(capsys.readouterr().out)
    assert "hh_tot_count: expected 77, kernel 1" in facts["diverged"][0]["difference"]
