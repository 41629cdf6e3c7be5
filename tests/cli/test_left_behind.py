# SPDX-License-Identifier: GPL-2.0-or-later
"""What a command leaves: its whole output, the terminal as it was, no files of a killed one."""

import os
import pty
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from hhf_testbed.cli.exec_ import _Copy
from hhf_testbed.errors import LabFailure, RequestError
from hhf_testbed.guests.control import PREFIX, STALE_AFTER_S, control_directory, remove_stale
from hhf_testbed.store.run_directory import new_run

TOP = Path(__file__).resolve().parents[2]

IN_FOREGROUND = """\
import os, sys, termios
from pathlib import Path
from hhf_testbed.guests.process import GuestProcess
before = termios.tcgetattr(0)
guest = GuestProcess(["stty", "raw", "-echo"], cwd=Path("/"), env=os.environ, stdin=0, stdout=1,
                     stderr=2, new_session=False)
with guest.in_foreground(0):
    ended = guest.wait(10, lambda: None)
guest.end()
same = termios.tcgetattr(0) == before and os.tcgetpgrp(0) == os.getpgrp()
os._exit(0 if ended and guest.returncode == 0 and same else 1)
"""


def test_a_guest_may_use_the_terminal_and_leaves_it_as_it_was() -> None:
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(TOP)
        os.execv(sys.executable, [sys.executable, "-c", IN_FOREGROUND])
    said = b""
    try:
        while chunk := os.read(terminal, 4096):
            said += chunk
    except OSError:  # how Linux reports that the other side has closed
        pass
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, said.decode()


def test_a_copy_takes_everything_at_once_and_writes_all_of_it_to_a_slow_reader() -> None:
    read, write = os.pipe()
    data = b"0123456789" * 100_000  # 15 times what a pipe holds
    reader = None
    with ExitStack() as stack:
        copy = _Copy(write, stack)
        copy.put(data)  # nobody reads yet, and this does not wait
        reader = subprocess.Popen(["wc", "-c"], stdin=read, stdout=subprocess.PIPE)
        os.close(read)
    os.close(write)
    assert reader.communicate()[0].strip() == str(len(data)).encode()


def test_a_copy_to_a_reader_that_went_away_is_quiet_and_to_a_full_disk_is_not() -> None:
    read, write = os.pipe()
    os.close(read)
    with ExitStack() as stack:
        _Copy(write, stack).put(b"x")
    os.close(write)
    with Path("/dev/full").open("wb") as full:
        stack = ExitStack()
        _Copy(full.fileno(), stack).put(b"x")
        with pytest.raises(LabFailure, match="output cannot be written: No space left"):
            stack.close()


def test_only_old_control_directories_that_nobody_has_locked_are_removed(
    tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", "/tmp")
    old = time.time() - 2 * STALE_AFTER_S
    stale, fresh, other = (tmp_path / name for name in (f"{PREFIX}a", f"{PREFIX}b", "other"))
    for path in (stale, fresh, other):
        (path / "sub").mkdir(parents=True)
        if path != fresh:
            os.utime(path, (old, old))
    (tmp_path / f"{PREFIX}link").symlink_to(other)
    remove_stale(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [fresh.name, other.name, f"{PREFIX}link"]
    )
    with control_directory() as used:
        os.utime(used, (old, old))
        remove_stale(used.parent)
        assert used.is_dir()
    assert not used.exists()


@pytest.mark.parametrize(
    ("ends_with", "kept"), [(LabFailure("x"), True), (KeyboardInterrupt(), False)]
)
def test_a_failed_run_says_where_it_is_and_an_interrupted_one_is_gone(
    tmp_path, ends_with, kept
) -> None:
    def fail() -> None:
        with new_run(tmp_path / "run") as work:
            (work / "trials" / "hhf").mkdir(parents=True)
            (work / "trials" / "hhf" / "console.txt").write_text("it said")
            raise ends_with

    with pytest.raises(type(ends_with)) as caught:
        fail()
    left = [path.name for path in tmp_path.iterdir()]
    assert [name.endswith(".unfinished") for name in left] == [True] * kept
    if kept:
        assert str(caught.value) == f"x\nWhat it had written is in {tmp_path / left[0]}"


def test_a_run_that_another_made_first_is_never_replaced(tmp_path) -> None:
    with pytest.raises(RequestError, match="exists already"), new_run(tmp_path):
        pass
