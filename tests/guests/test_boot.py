# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel's command line is entropy to it, so it must be the same for every run."""

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from hhf_testbed.guests import boot
from hhf_testbed.guests.command import GuestCommand
from hhf_testbed.kernels import Kernel
from hhf_testbed.proc import wait_for


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
    return boot.kernel_line(kernel, command, boot.STREAMS)


def test_the_kernel_line_is_the_same_whatever_it_is_to_run_and_where(kernel: Kernel) -> None:
    assert kernel_line(kernel, ONE) == kernel_line(kernel, OTHER)


def launched(command: GuestCommand, directory: Path, script: str) -> str:
    """What a shell script prints that is started as a kernel would be."""
    argv = [*boot.launcher(command, directory), "sh", "-c", script]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


def test_a_processor_is_chosen_only_if_one_is_asked_for(tmp_path: Path) -> None:
    processor = max(os.sched_getaffinity(0))
    pinned = GuestCommand(("ls",), tmp_path, cpu=processor)
    shown = "grep Cpus_allowed_list /proc/self/status | cut -f2"
    assert launched(pinned, tmp_path, shown).strip() == str(processor)
    free = launched(GuestCommand(("ls",), tmp_path), tmp_path, "nproc")
    assert int(free) == len(os.sched_getaffinity(0))


def test_addresses_are_not_randomised(tmp_path: Path) -> None:
    persona = launched(GuestCommand(("ls",), tmp_path), tmp_path, "cat /proc/self/personality")
    assert int(persona, 16) & 0x0040000  # ADDR_NO_RANDOMIZE, include/uapi/linux/personality.h


def test_it_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    """A parent that is killed cannot end anything itself."""
    child = [*boot.launcher(GuestCommand(("ls",), tmp_path), tmp_path), "sleep", "60"]
    starter = (
        "import subprocess, sys; print(subprocess.Popen(sys.argv[1:]).pid, flush=True);"
        "sys.stdin.read()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", starter, *child],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert parent.stdout
    assert parent.stdin
    pid = int(parent.stdout.readline())
    command = Path(f"/proc/{pid}/cmdline")
    wait_for(lambda: command.read_bytes()[:5] == b"sleep", deadline_s=5, what="the child to start")
    parent.kill()
    parent.wait()
    parent.stdout.close()
    parent.stdin.close()
    wait_for(lambda: not runs(pid), deadline_s=5, what="the child to end")


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


SECURITY_MODULES = Path("/sys/kernel/security/lsm")
LANDLOCK = SECURITY_MODULES.exists() and "landlock" in SECURITY_MODULES.read_text()


@pytest.mark.skipif(not LANDLOCK, reason="this kernel does not say that it has Landlock")
def test_only_the_two_directories_can_be_written(tmp_path: Path) -> None:
    control, output, other = (tmp_path / name for name in ("control", "output", "other"))
    for place in control, output, other:
        place.mkdir()
        (place / "old").write_text("old")
    writes = "; ".join(
        f"(echo new > {place}/{name}) && echo {place.name} {name}"
        for place in (control, output, other)
        for name in ("old", "new")
    )
    removes = f"; rm {other}/old || echo kept"
    done = launched(GuestCommand(("ls",), output), control, writes + removes)
    assert done.split("\n")[:-1] == [
        "control old", "control new", "output old", "output new", "kept",
    ]  # fmt: skip
    assert [path.read_text() for path in other.iterdir()] == ["old"]


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
        line = [*boot.launcher(GuestCommand(("ls",), tmp_path), tmp_path, ends), *argv]
        subprocess.run(line, pass_fds=ends, check=True)
    assert [(tmp_path / name).read_text() for name in names] == ["a b\n", "$x\n", "'\n"]
