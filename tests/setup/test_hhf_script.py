# SPDX-License-Identifier: GPL-2.0-or-later
"""The script ``hhf``: finds itself, answers what it can without set-up, and hands over."""

import shutil
from pathlib import Path

import pytest

from hhf_testbed import paths
from hhf_testbed.cli.main import COMMANDS

TOP = Path(__file__).resolve().parents[2]
HHF = TOP / "hhf"


def test_it_hands_over_every_argument_as_it_was_given(debian) -> None:
    assert debian.run(HHF, "exec", "--", "a  b", "*").returncode == 0
    assert "-P -m hhf_testbed.cli.main exec -- a  b *" in debian.called()


def test_it_works_through_a_link_and_from_a_path_with_spaces(debian, tmp_path) -> None:
    checkout = tmp_path / "my checkout"
    checkout.mkdir()
    shutil.copy(HHF, checkout)
    shutil.copytree(TOP / "setup", checkout / "setup")
    (tmp_path / "a link").symlink_to(checkout / "hhf")
    debian.python()
    debian.run(checkout / "setup/provision")
    next(debian.cache.glob("venv-*/bin/python")).unlink()
    python = next(debian.cache.glob("venv-*/bin")) / "python"
    python.write_text('#!/bin/bash\necho "$PYTHONPATH"\n')
    python.chmod(0o755)
    ended = debian.run(tmp_path / "a link", "demo")
    assert ended.stdout == f"{checkout}\n", ended.stderr


def test_a_user_without_a_home_is_told_what_to_set(debian) -> None:
    ended = debian.run(HHF, "demo", HOME="", HHF_CACHE="")
    assert ended.returncode == 2
    assert ended.stderr.startswith("hhf: HOME is not set; set it, or set HHF_CACHE")
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("variable", "below"),
    [("HHF_CACHE", ""), ("XDG_CACHE_HOME", "/hhf-testbed"), ("HOME", "/.cache/hhf-testbed")],
)
def test_the_cache_is_where_python_looks_for_it(
    debian, tmp_path, monkeypatch, variable: str, below: str
) -> None:
    variables = {"HHF_CACHE": "", "XDG_CACHE_HOME": "", variable: str(tmp_path)}
    ended = debian.run(HHF, "demo", HHF_NO_SETUP="1", **variables)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert paths.cache_dir() == Path(f"{tmp_path}{below}")
    assert f"missing Python environment {tmp_path}{below}/venv-" in ended.stderr


def test_help_is_given_before_anything_is_installed(machine) -> None:
    ended = machine.run(HHF, "--help")
    assert ended.returncode == 0
    assert ended.stdout.startswith("Usage: hhf COMMAND")
    assert f"  {' '.join(COMMANDS)}\n" in ended.stdout
    assert not machine.cache.exists()


def test_the_version_is_known_before_anything_is_installed(machine) -> None:
    assert machine.run(HHF, "--version").stdout == "hhf, version 0.1.0\n"


def test_the_doctor_without_python_says_what_provision_would_do(machine) -> None:
    machine.install("gcc")
    ended = machine.run(HHF, "doctor")
    assert ended.returncode == 2
    assert "missing Debian packages: libc6-dev" in ended.stderr
    assert "missing Python environment" in ended.stderr


def test_the_doctor_runs_on_a_bare_python(machine) -> None:
    machine.python()
    machine.run(HHF, "doctor", "--json")
    assert "-P -m hhf_testbed.doctor --json" in machine.called()
