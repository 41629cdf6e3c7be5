# SPDX-License-Identifier: GPL-2.0-or-later
"""``hhf model probe``: one line for each feature, and whom the kernel behaves like."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from hhf_testbed import recognise as package
from hhf_testbed.cli.main import run
from hhf_testbed.kernels import Kernel
from hhf_testbed.model import CURRENT
from hhf_testbed.model.features import CHANGES, EARLY_6_12
from hhf_testbed.recognise import Recognised
from hhf_testbed.recognise.evidence import Evidence


def pretend(monkeypatch: pytest.MonkeyPatch, **values: bool | None) -> None:
    """Let the kernel have these features; None is undecided."""
    evidence = [Evidence(name, value, "seen", "history") for name, value in values.items()]
    monkeypatch.setattr(package, "recognise", lambda _: Recognised(evidence))


@pytest.mark.guest
def test_each_feature_has_a_line_with_its_answer_and_its_commit(
    kernel: Kernel, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["model", "probe", "--kernel", kernel.name])
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.startswith(f"Linux {kernel.release}, HZ 250: ")
    for change, line in zip(CHANGES, lines, strict=False):
        assert line.split()[0] == change.feature
        assert line.split()[1] in ("yes", "no")
        assert change.commit in line
        assert change.subject in line


@pytest.mark.guest
def test_a_known_kernel_ends_with_0_and_programs_get_the_same_facts(
    kernel: Kernel, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, **vars(CURRENT))
    assert run(["model", "probe", "--kernel", kernel.name, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["profiles"] == ["6.1", "6.12", "7.2"]
    assert [one["feature"] for one in facts["features"]] == [c.feature for c in CHANGES]
    assert all(one["seen"] == "seen" and "commit" in one for one in facts["features"])


@pytest.mark.guest
def test_a_kernel_between_profiles_ends_with_1_and_is_told_from_the_nearest(
    kernel: Kernel, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, **vars(replace(EARLY_6_12, quantum_floor=True)))
    assert run(["model", "probe", "--kernel", kernel.name]) == 1
    said = capsys.readouterr().out
    assert "no known profile; nearest: 6.12-early; differing in quantum_floor" in said
    assert "Against the nearest profile, 6.12-early:" in said
    assert "- a quantum below 256 bytes, 0 too, becomes 256 bytes" in said


@pytest.mark.guest
def test_what_is_not_decided_is_shown_with_its_history(
    kernel: Kernel, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, **{**vars(CURRENT), "quantum_floor": None})
    assert run(["model", "probe", "--kernel", kernel.name]) == 1
    said = capsys.readouterr().out
    assert "quantum_floor           ?" in said
    assert "quantum_floor was not decided:\nhistory" in said


@pytest.mark.parametrize(
    "arguments", [["--kernel", ""], ["--source", "/nowhere.c"], ["--hz", "77"], ["extra"]]
)
def test_a_wrong_request_teaches_nothing(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["model", "probe", *arguments]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.guest
def test_a_source_that_does_not_compile_is_a_failure_of_the_lab(
    kernel: Kernel, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sch_hhf.c").write_text("this is no C\n")
    source = str(tmp_path / "sch_hhf.c")
    assert run(["model", "probe", "--kernel", kernel.name, "--source", source]) == 2
    assert "Traceback" not in capsys.readouterr().err
