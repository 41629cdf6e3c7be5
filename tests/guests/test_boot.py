# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel's command line is entropy to it, so it must be the same for every run."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from hhf_testbed.guests import boot
from hhf_testbed.guests.command import GuestCommand
from hhf_testbed.kernels import Kernel


@pytest.fixture
def kernel() -> Kernel:
    return Kernel("6.12", "6.12.117", 250, "c", "k", "s", Path("/cache/a kernel"))


ONE = GuestCommand(("ls", "-l"), Path("/tmp/one"))
OTHER = GuestCommand(
    ("sh", "-c", "exit 3"),
    Path("/srv/other place"),
    cwd=Path("/usr"),
    env={"A": "B"},
    seed=98_765,
    deadline_s=12.0,
    wall_deadline_s=34.0,
    cpu=1,
)


def kernel_line(kernel: Kernel, command: GuestCommand) -> list[str]:
    line = boot.boot_line(kernel, command, boot.STREAMS)
    return line[line.index(str(kernel.linux)) :]


def test_the_kernel_line_is_the_same_whatever_it_is_to_run_and_where(kernel: Kernel) -> None:
    assert kernel_line(kernel, ONE) == kernel_line(kernel, OTHER)


def test_a_processor_is_chosen_by_a_helper_and_only_if_one_is_asked_for(kernel: Kernel) -> None:
    assert "taskset" not in boot.boot_line(kernel, ONE, boot.STREAMS)
    assert boot.boot_line(kernel, OTHER, boot.STREAMS)[:3] == ["taskset", "--cpu-list", "1"]


def test_only_virtual_time_starts_at_a_fixed_instant(kernel: Kernel) -> None:
    real = GuestCommand(("ls",), Path("/tmp"), clock="real")
    travel = {word for word in kernel_line(kernel, ONE) if word.startswith("time-travel")}
    assert travel == {"time-travel=inf-cpu", "time-travel-start=1700000000000000000"}
    assert set(kernel_line(kernel, ONE)) - set(kernel_line(kernel, real)) == travel


@pytest.mark.parametrize(("release", "seccomp"), [("6.15.9", False), ("6.16", True), ("7.2", True)])
def test_seccomp_is_asked_for_where_the_kernel_has_it(release: str, seccomp: bool) -> None:
    kernel = Kernel("x", release, 250, "c", "k", "s", Path("/cache"))
    assert ("seccomp=on" in kernel_line(kernel, ONE)) is seccomp


def test_the_seed_goes_by_the_environment_and_nothing_of_the_callers_follows(
    kernel: Kernel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "of the caller")
    given = boot.environment(kernel, OTHER, tmp_path)
    assert given["HHF_SEED"] == "98765"
    assert set(given) == {"PATH", "HOME", "TMPDIR", "LD_PRELOAD", "HHF_SEED"}


def test_three_descriptors_become_3_4_and_5_whatever_their_numbers_were(tmp_path: Path) -> None:
    names = ["three", "four", "five"]
    with ExitStack() as stack:
        ends = [stack.enter_context((tmp_path / name).open("wb")).fileno() for name in names]
        argv = ["sh", "-c", 'echo "$1" >&3; echo "$2" >&4; echo "$3" >&5', "sh", "a b", "$x", "'"]
        subprocess.run(boot.with_streams(argv, ends), pass_fds=ends, check=True)
    assert [(tmp_path / name).read_text() for name in names] == ["a b\n", "$x\n", "'\n"]


class Usage(NamedTuple):
    total: int
    used: int
    free: int


@contextmanager
def shared_memory(
    monkeypatch: pytest.MonkeyPatch, *, free_bytes: int, writable: bool
) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: Usage(2**40, 0, free_bytes))
        patch.setattr(os, "access", lambda *_: writable)
        yield


@pytest.mark.parametrize(
    ("free_bytes", "writable", "shared"),
    [(2**28, True, True), (2**28 - 1, True, False), (2**28, False, False)],
)
def test_memory_is_shared_memory_unless_that_is_small_or_closed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, free_bytes: int, writable: bool, shared: bool
) -> None:
    with shared_memory(monkeypatch, free_bytes=free_bytes, writable=writable):
        chosen = boot.memory_directory(tmp_path)
    assert chosen == (Path("/dev/shm") if shared else tmp_path)
