# SPDX-License-Identifier: GPL-2.0-or-later
"""The doctor: each need with its state and what mends it, and a status that follows from them."""

import json
import subprocess
from pathlib import Path

import pytest

from hhf_testbed import doctor, probes
from hhf_testbed.cli.main import run
from hhf_testbed.doctor import Check

TOP = Path(__file__).resolve().parents[2]


def checks(monkeypatch: pytest.MonkeyPatch, *states: doctor.State) -> None:
    """Let the doctor find just these states."""
    found = [Check(f"need {state}", state, "a sentence", "a command") for state in states]
    monkeypatch.setattr(doctor, "CHECKS", [lambda check=check: check for check in found])


@pytest.mark.parametrize(
    ("states", "status"), [(("ok", "warning", "info"), 0), (("ok", "missing", "ok"), 2)]
)
def test_only_a_missing_need_is_status_2(monkeypatch, states, status: int) -> None:
    checks(monkeypatch, *states)
    assert run(["doctor"]) == status


def test_each_line_has_the_state_and_the_command_that_mends_it(monkeypatch, capsys) -> None:
    checks(monkeypatch, "missing")
    run(["doctor"])
    first, second, _ = capsys.readouterr().out.splitlines()
    assert first.split(maxsplit=1)[0] == "missing"
    assert second.strip() == "mend: a command"


def test_a_program_can_read_it(monkeypatch, capsys) -> None:
    checks(monkeypatch, "ok", "missing")
    run(["doctor", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert found["ready"] is False
    assert [check["state"] for check in found["checks"]] == ["ok", "missing"]


def test_a_missing_package_is_named_with_the_command_that_installs_it(
    monkeypatch, tmp_path
) -> None:
    for name, script in (
        ("apt-get", ""),
        ("dpkg-query", "echo installed gcc; echo config-files bc"),
    ):
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    check = doctor._packages()
    assert check.state == "missing"
    assert check.mend is not None
    assert check.mend.startswith("sudo apt-get install --no-install-recommends bc bison ")
    assert " gcc " not in check.mend


def test_a_missing_compiler_is_found(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert doctor._compiler().state == "missing"


def test_a_compiler_that_cannot_link_is_found(monkeypatch, tmp_path) -> None:
    (tmp_path / "gcc").write_text("#!/bin/sh\necho 'cannot find -lc' >&2\nexit 1\n")
    (tmp_path / "gcc").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert doctor._compiler().text == "gcc fails: cannot find -lc"


def test_too_little_room_is_missing_and_names_the_variable(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("HHF_RUNS", str(tmp_path / "not" / "yet"))
    check = doctor._space("room", "runs_dir", "HHF_RUNS", need_mb=10**9)
    assert check.state == "missing"
    assert "set HHF_RUNS" in (check.mend or "")


def test_a_guest_memory_directory_that_is_not_there_is_missing(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("TMPDIR", f"{tmp_path}/gone")
    check = doctor._guest_memory()
    assert check.state == "missing"
    assert f"{tmp_path}/gone cannot hold it: No such file or directory" in check.text


def test_a_command_that_is_not_there_does_not_succeed() -> None:
    assert probes.succeeds("true")
    assert not probes.succeeds("false")
    assert not probes.succeeds("/nonexistent")


def test_it_runs_on_the_standard_library_alone() -> None:
    ended = subprocess.run(
        ["/usr/bin/python3", "-S", "-m", "hhf_testbed.doctor", "--json"],
        cwd=TOP,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stderr == ""
    python = {check["name"]: check for check in json.loads(ended.stdout)["checks"]}["Python"]
    assert python["state"] == "missing"
    assert "click" in python["text"]
