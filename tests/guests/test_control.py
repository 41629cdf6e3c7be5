# SPDX-License-Identifier: GPL-2.0-or-later
"""The directory in which host and guest meet: arguments go through it unharmed."""
# ruff: noqa: PT012 (a block that fails half-way is what is tested)

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import pytest

from hhf_testbed.guests import control
from hhf_testbed.guests.command import GuestCommand

AWKWARD = ("two words", "", "'", '"', "a\nb", "$HOME", "`id`", "\\", "*", "-n", "é", ";", "#")
SHOW = "import os, sys; print(repr((sys.argv[1:], os.getcwd(), dict(os.environ))))"


def run_by_sh(tmp_path: Path, command: GuestCommand) -> subprocess.CompletedProcess[str]:
    """Run the script as the guest does, but with this process's streams and files."""
    text = control.script(command, terminal=False)
    assert text.startswith(control.STREAMS)
    text = text.removeprefix(control.STREAMS).replace("/run/hhf/control", str(tmp_path))
    file = tmp_path / "command"
    file.write_text(text)
    return subprocess.run(["sh", str(file)], capture_output=True, text=True, check=False)


def test_awkward_arguments_directory_and_variables_arrive_as_they_were(tmp_path: Path) -> None:
    place = tmp_path / "a 'place' with $spaces"
    place.mkdir()
    argv = (sys.executable, "-S", "-c", SHOW, *AWKWARD)
    done = run_by_sh(
        tmp_path, GuestCommand(argv, tmp_path, cwd=place, env={"ODD": " 'a'\n$b ", "TZ": "EST"})
    )
    arguments, cwd, env = eval(done.stdout)
    assert arguments == list(AWKWARD)
    assert cwd == str(place)
    wanted = {**control.CLEAN_ENV, "ODD": " 'a'\n$b ", "TZ": "EST"}
    assert {name: env.get(name) for name in wanted} == wanted


def test_nothing_of_the_callers_environment_reaches_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "of the caller")
    done = run_by_sh(tmp_path, GuestCommand(("env",), tmp_path))
    assert "SECRET" not in done.stdout
    assert "PYTHONHASHSEED=0\n" in done.stdout


@pytest.mark.parametrize("status", [0, 1, 124, 255])
def test_the_status_of_the_script_is_that_of_the_command(tmp_path: Path, status: int) -> None:
    command = GuestCommand(("sh", "-c", f"exit {status}"), tmp_path)
    assert run_by_sh(tmp_path, command).returncode == status
    assert control.read_uptime_s(tmp_path) > 0


def test_a_missing_directory_is_no_reason_to_run_elsewhere(tmp_path: Path) -> None:
    done = run_by_sh(tmp_path, GuestCommand(("echo", "ran"), tmp_path, cwd=tmp_path / "none"))
    assert (done.returncode, done.stdout) == (126, "")


def test_a_deadline_of_the_guests_clock_ends_the_command_with_124(tmp_path: Path) -> None:
    command = GuestCommand(("sleep", "60"), tmp_path, deadline_s=0.05)
    assert run_by_sh(tmp_path, command).returncode == 124


@pytest.mark.parametrize(
    ("text", "status"), [("0\n", 0), ("7", 7), ("", None), ("x", None), (None, None)]
)
def test_a_status_that_was_not_written_whole_is_no_status(
    tmp_path: Path, text: str | None, status: int | None
) -> None:
    if text is not None:
        (tmp_path / "status").write_text(text)
    assert control.read_status(tmp_path) == status


def test_the_directory_goes_with_all_that_is_in_it_also_after_an_error() -> None:
    with pytest.raises(KeyError), control.control_directory() as path:
        (path / "deep").mkdir()
        (path / "deep" / "file").write_text("x")
        raise KeyError
    assert not path.exists()


class Usage(NamedTuple):
    total: int
    used: int
    free: int


def shared_memory(monkeypatch: pytest.MonkeyPatch, *, free_bytes: int, writable: bool) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(2**40, 0, free_bytes))
    monkeypatch.setattr(os, "access", lambda *_: writable)


@pytest.mark.parametrize(
    ("free_bytes", "writable", "shared"),
    [(2**28, True, True), (2**28 - 1, True, False), (2**28, False, False)],
)
def test_memory_is_shared_memory_unless_that_is_small_or_closed(
    monkeypatch: pytest.MonkeyPatch, free_bytes: int, writable: bool, shared: bool
) -> None:
    shared_memory(monkeypatch, free_bytes=free_bytes, writable=writable)
    monkeypatch.setattr(tempfile, "tempdir", "/var/tmp")
    assert control.memory_directory() == Path("/dev/shm" if shared else "/var/tmp")


@pytest.mark.parametrize("name", ["a,b", "a b", "a:b"])
def test_the_directory_has_no_character_that_a_mount_option_cannot_have(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    shared_memory(monkeypatch, free_bytes=0, writable=True)
    monkeypatch.setattr(tempfile, "tempdir", f"/var/tmp/{name}")
    assert control.memory_directory() == Path("/tmp")


def test_modules_and_the_output_directory_may_have_spaces_in_their_paths(tmp_path: Path) -> None:
    place, module = tmp_path / "out put", tmp_path / "my modules" / "sch_hhf.ko"
    place.mkdir()
    control.fill(tmp_path, GuestCommand(("true",), place), [module], terminal=False)
    script = f'must() {{ printf "%s|" "$@"; }}; . {tmp_path}/settings; insert_modules'
    said = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout
    assert said == f"insmod|{module}|"
    assert (tmp_path / "output").resolve() == place
    assert (tmp_path / "init").stat().st_mode & 0o111
