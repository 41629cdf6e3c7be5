# SPDX-License-Identifier: GPL-2.0-or-later
"""Every way of ending a command becomes an exit status and at most one sentence."""

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path

import click
import pytest

from hhf_testbed.cli import main
from hhf_testbed.errors import LabFailure, RequestError

TOP = Path(__file__).resolve().parents[2]


@pytest.fixture
def run_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[object], int]:
    """Run ``hhf try``, a command that raises or returns what is given."""
    monkeypatch.setenv("HHF_CACHE", str(tmp_path))
    monkeypatch.delenv("HHF_DEBUG", raising=False)

    def run(end: object) -> int:
        @click.command()
        def try_() -> object:
            if isinstance(end, BaseException):
                raise end
            return end

        module = module_from_spec(ModuleSpec("hhf_testbed.cli.try_", None))
        module.try_ = try_  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "hhf_testbed.cli.try_", module)
        monkeypatch.setitem(main.COMMANDS, "try", ("try_", "Try."))
        return main.run(["try"])

    return run


@pytest.mark.parametrize(("end", "status"), [(None, 0), (0, 0), (1, 1), (2, 2)])
def test_what_a_command_returns_is_the_exit_status(run_command, end, status) -> None:
    assert run_command(end) == status


@pytest.mark.parametrize("error", [LabFailure, RequestError])
def test_a_lab_error_is_its_sentence_and_status_2(run_command, capsys, error) -> None:
    assert run_command(error("rate is -1; allowed is 1 and more")) == 2
    assert capsys.readouterr().err == "hhf: rate is -1; allowed is 1 and more\n"


def test_ctrl_c_is_status_130_and_one_short_line(run_command, capsys) -> None:
    assert run_command(KeyboardInterrupt()) == 130
    assert capsys.readouterr().err == "hhf: interrupted\n"


def test_a_full_disk_is_named_and_is_no_bug(run_command, capsys) -> None:
    assert run_command(OSError(errno.ENOSPC, "No space left on device", "/runs/x")) == 2
    assert capsys.readouterr().err == "hhf: the disk is full: /runs/x; make room and run it again\n"


def test_a_missing_module_of_others_points_to_the_doctor(run_command, capsys) -> None:
    assert run_command(ModuleNotFoundError("no", name="scapy.all")) == 2
    assert "scapy.all is missing; 'hhf doctor'" in capsys.readouterr().err


def test_a_bug_is_one_sentence_and_its_traceback_is_kept_in_a_file(
    run_command, capsys, tmp_path
) -> None:
    assert run_command(ZeroDivisionError("by zero")) == 2
    said = capsys.readouterr().err
    assert said.startswith("hhf: this is a bug in hhf-testbed (ZeroDivisionError)")
    assert said.count("\n") == 1
    (kept,) = tmp_path.glob("bug-*.txt")
    assert str(kept) in said
    assert "ZeroDivisionError: by zero" in kept.read_text()


def test_a_bug_whose_traceback_cannot_be_kept_says_how_to_see_it(
    run_command, capsys, monkeypatch
) -> None:
    monkeypatch.setenv("HHF_CACHE", "/dev/null/cache")
    assert run_command(ZeroDivisionError()) == 2
    assert "set HHF_DEBUG=1 to see the traceback" in capsys.readouterr().err


def test_hhf_debug_shows_the_traceback(run_command, capsys, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("HHF_DEBUG", "1")
    assert run_command(ZeroDivisionError("by zero")) == 2
    assert "Traceback" in capsys.readouterr().err
    assert not list(tmp_path.glob("bug-*"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nonsense"], "There is no command 'nonsense'; allowed are "),
        (["--nonsense"], "No such option '--nonsense'"),
        (["doctor", "--nonsense"], "No such option '--nonsense'"),
    ],
)
def test_a_wrong_request_is_one_sentence_that_names_it_and_status_2(
    capsys, arguments, said
) -> None:
    assert main.run(arguments) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"hhf: {said}")
    assert err.count("\n") == 1


def test_no_command_at_all_shows_the_help_and_status_2(capsys) -> None:
    assert main.run([]) == 2
    assert "Commands:" in capsys.readouterr().err


@pytest.mark.parametrize("argument", ["--help", "doctor"])
def test_a_reader_that_goes_away_is_quiet_and_status_141(argument: str) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    ended = subprocess.run(
        [sys.executable, "-m", "hhf_testbed.cli.main", argument],
        cwd=TOP,
        stdout=write_end,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(write_end)
    assert ended.stderr == b""
    assert ended.returncode == 141


@pytest.mark.parametrize("argument", ["--help", "--version", "doctor"])
def test_light_commands_load_nothing_heavy(argument: str) -> None:
    heavy = {"matplotlib", "scapy", "pyroute2", "mininet", "numpy", "pydantic"}
    code = (
        "import sys; from hhf_testbed.cli.main import run; run(sys.argv[1:]); "
        "print(*{name.split('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, argument], cwd=TOP, capture_output=True, text=True, check=True
    )
    assert not heavy & set(ended.stderr.split())


def test_only_commands_whose_module_exists_are_listed(monkeypatch, capsys) -> None:
    monkeypatch.setattr(main, "COMMANDS", {"doctor": ("doctor", "D."), "gone": ("gone", "G.")})
    assert main.run(["--help"]) == 0
    listed = capsys.readouterr().out
    assert "doctor  D." in listed
    assert "gone" not in listed


def test_every_listed_command_is_a_command_with_help() -> None:
    context = click.Context(main.hhf)
    for name in main.hhf.list_commands(context):
        command = main.hhf.get_command(context, name)
        assert command is not None, name
        assert command.help, name
