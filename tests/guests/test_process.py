# SPDX-License-Identifier: GPL-2.0-or-later
"""The guest's processes on the host: real ones here, found by their ids."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hhf_testbed.guests.process import Drain, GuestProcess
from hhf_testbed.proc import wait_for

DEADLINE_S = 30.0
WITH_STUBBORN_GRANDCHILD = """
import os, signal, sys, time
if os.fork() == 0:
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print(os.getpid(), flush=True)
    time.sleep(1000)
time.sleep(1000)
"""


def start(code: str, stdout: int, *, new_session: bool = True) -> GuestProcess:
    return GuestProcess(
        [sys.executable, "-S", "-c", code],
        cwd=Path("/"),
        env={},
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.DEVNULL,
        new_session=new_session,
    )


def runs(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    read, write = os.pipe()
    yield read, write
    for end in read, write:
        try:
            os.close(end)
        except OSError:  # the test closed it
            continue


@pytest.mark.parametrize("new_session", [True, False])
def test_the_end_takes_a_grandchild_that_ignores_term(
    pipe: tuple[int, int], new_session: bool
) -> None:
    process = start(WITH_STUBBORN_GRANDCHILD, pipe[1], new_session=new_session)
    try:
        grandchild = int(os.read(pipe[0], 100))
        assert runs(grandchild)
    finally:
        process.end()
    wait_for(lambda: not runs(grandchild), deadline_s=DEADLINE_S, what="the grandchild's end")
    assert process.returncode == -signal.SIGKILL


def test_the_end_also_takes_what_outlived_its_parent(pipe: tuple[int, int]) -> None:
    orphaned = WITH_STUBBORN_GRANDCHILD.rsplit("time.sleep", 1)[0]
    process = start(orphaned, pipe[1])
    grandchild = int(os.read(pipe[0], 100))
    assert process.wait(DEADLINE_S, lambda: None)
    assert runs(grandchild)
    process.end()
    wait_for(lambda: not runs(grandchild), deadline_s=DEADLINE_S, what="the orphan's end")


def test_the_end_of_what_has_ended_changes_nothing() -> None:
    process = start("raise SystemExit(3)", subprocess.DEVNULL)
    assert process.wait(DEADLINE_S, lambda: None)
    process.end()
    process.end()
    assert process.returncode == 3


def test_a_deadline_is_reported_and_the_caller_was_asked_meanwhile() -> None:
    process, calls = start("import time; time.sleep(1000)", subprocess.DEVNULL), []
    try:
        assert not process.wait(0.2, lambda: calls.append(1), poll_s=0.02)
    finally:
        process.end()
    assert len(calls) >= 3


def test_a_drain_keeps_everything_and_passes_it_on_in_order() -> None:
    read, write = os.pipe()
    heard: list[bytes] = []
    drain = Drain(read, heard.append)
    data = bytes(range(256)) * 8192  # 2 MiB, 32 times what a pipe holds
    with os.fdopen(write, "wb") as pipe:
        pipe.write(data)
    assert drain.text() == data
    assert b"".join(heard) == data


def test_a_drain_ends_with_the_last_writer_not_the_first() -> None:
    read, write = os.pipe()
    second, drain = os.dup(write), Drain(read)
    os.write(write, b"first ")
    os.close(write)
    threading.Timer(0.05, lambda: (os.write(second, b"second"), os.close(second))).start()
    assert drain.text() == b"first second"
