# SPDX-License-Identifier: GPL-2.0-or-later
"""Commands: a failure says all there is to know, and a deadline leaves nothing behind."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hhf_testbed import proc
from hhf_testbed.errors import LabFailure

STUBBORN = (
    "import signal, sys, time\n"
    "for name in sys.argv[1:]: signal.signal(getattr(signal, name), signal.SIG_IGN)\n"
    "print('ready', flush=True)\n"
    "time.sleep(1000)\n"
)


@pytest.fixture
def short_graces(monkeypatch: pytest.MonkeyPatch) -> None:
    graces = ((signal.SIGINT, 0.1), (signal.SIGTERM, 0.1), (signal.SIGKILL, 5.0))
    monkeypatch.setattr(proc, "GRACE_S", graces)


def python(code: str, *args: str) -> list[str]:
    return [sys.executable, "-c", code, *args]


def is_gone(pid: int) -> Callable[[], bool]:
    def gone() -> bool:
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return True
        return stat.rpartition(")")[2].split()[0] == "Z"

    return gone


def test_both_outputs_are_returned() -> None:
    code = "import sys; print('out'); print('err', file=sys.stderr)"
    assert proc.run(python(code), deadline_s=30) == proc.Completed("out\n", "err\n", 0)


def test_a_failure_shows_argv_place_status_outputs_and_hint(tmp_path: Path) -> None:
    code = "import sys; print('seen'); sys.exit('went wrong')"
    argv = python(code, "two words")
    with pytest.raises(LabFailure) as caught:
        proc.run(argv, deadline_s=30, cwd=tmp_path, hint="do this", place="node r1")
    text = str(caught.value)
    for part in ("'two words'`", str(tmp_path), "node r1", "status 1", "seen", "went wrong"):
        assert part in text
    assert text.endswith("hint: do this")


def test_only_the_last_lines_of_a_long_output_are_shown() -> None:
    with pytest.raises(LabFailure) as caught:
        proc.run(python("for i in range(500): print(i)\nraise SystemExit(3)"), deadline_s=30)
    assert "480 lines before" in str(caught.value)
    assert "  499" in str(caught.value)
    assert "  479\n" not in str(caught.value)


def test_a_missing_program_has_its_own_sentence() -> None:
    with pytest.raises(LabFailure, match=r"`no-such-program -x` is not installed"):
        proc.run(["no-such-program", "-x"], deadline_s=30)


def test_a_missing_directory_is_not_taken_for_a_missing_program(tmp_path: Path) -> None:
    with pytest.raises(LabFailure, match="its directory is missing"):
        proc.run(["true"], deadline_s=30, cwd=tmp_path / "none")


def test_a_signal_is_named() -> None:
    code = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    with pytest.raises(LabFailure, match="was ended by SIGKILL"):
        proc.run(python(code), deadline_s=30)


@pytest.mark.usefixtures("short_graces")
@pytest.mark.parametrize("ignored", [(), ("SIGINT",), ("SIGINT", "SIGTERM")])
def test_a_deadline_ends_what_ignores_any_signal_that_can_be_ignored(
    ignored: tuple[str, ...],
) -> None:
    with pytest.raises(LabFailure, match=r"did not end within 0.5 s and was stopped"):
        proc.run(python(STUBBORN, *ignored), deadline_s=0.5)


@pytest.mark.usefixtures("short_graces")
def test_stopping_ends_grandchildren_too(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    code = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(1000)'])\n"
        "print(child.pid, file=open(sys.argv[1], 'w'))\n"
        "time.sleep(1000)"
    )
    argv = python(code, str(note))
    with proc.start(argv, stdout=tmp_path / "out", stderr=tmp_path / "err"):
        written = note.exists
        proc.wait_for(lambda: written() and note.read_text() != "", deadline_s=30, what="a pid")
    grandchild = int(note.read_text())
    proc.wait_for(is_gone(grandchild), deadline_s=30, what="the grandchild's end")


@pytest.mark.usefixtures("short_graces")
def test_a_deadline_holds_though_a_process_outside_the_group_keeps_the_pipe(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    code = (
        "import os, sys, time\n"
        "print('before', flush=True)\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    print(os.getpid(), file=open(sys.argv[1], 'w'))\n"
        "    time.sleep(1000)\n"
    )
    with pytest.raises(LabFailure, match=r"(?s)did not end within 2 s.*before"):
        proc.run(python(code, str(note)), deadline_s=2)
    proc.wait_for(note.exists, deadline_s=30, what="the process outside the group")
    os.kill(int(note.read_text()), signal.SIGKILL)


def test_what_ends_a_process_comes_in_the_order_int_term_kill() -> None:
    assert [number.name for number, _ in proc.GRACE_S] == ["SIGINT", "SIGTERM", "SIGKILL"]


def test_no_shell_reads_the_arguments() -> None:
    assert proc.run(["echo", "$HOME; ls"], deadline_s=30).stdout == "$HOME; ls\n"


def test_text_for_stdin_arrives_and_without_it_there_is_none() -> None:
    assert proc.run(["cat"], deadline_s=30, stdin="hello").stdout == "hello"
    assert proc.run(["cat"], deadline_s=30).stdout == ""


def daemon(tmp_path: Path, *args: str) -> proc.Daemon:
    out, err = tmp_path / "out", tmp_path / "err"
    started = proc.start(python(STUBBORN, *args), stdout=out, stderr=err)
    proc.wait_for(lambda: "ready" in out.read_text(), deadline_s=30, what="the child's first line")
    return started


def test_a_daemon_is_ended_at_the_end_of_its_block(tmp_path: Path) -> None:
    with daemon(tmp_path) as child:
        assert child.status is None
        child.check()
        assert os.getpgid(child.pid) == child.pid
    assert child.status == -signal.SIGINT
    assert is_gone(child.pid)()
    child.stop()


@pytest.mark.usefixtures("short_graces")
def test_a_daemon_that_ignores_int_and_term_is_killed(tmp_path: Path) -> None:
    with daemon(tmp_path, "SIGINT", "SIGTERM") as child:
        assert child.stop() == -signal.SIGKILL


def test_waiting_for_a_daemon_returns_what_it_wrote(tmp_path: Path) -> None:
    argv = python("print('done')")
    with proc.start(argv, stdout=tmp_path / "out", stderr=tmp_path / "err") as child:
        assert child.wait(30).stdout == "done\n"
        with pytest.raises(LabFailure, match="ended with status 0 while it was still needed"):
            child.check()


@pytest.mark.usefixtures("short_graces")
def test_a_daemon_that_outlives_its_deadline_is_stopped_and_named(tmp_path: Path) -> None:
    with (
        daemon(tmp_path) as child,
        pytest.raises(LabFailure, match=r"(?s)did not end within 0.1 s.*ready"),
    ):
        child.wait(0.1)
    assert is_gone(child.pid)()


def test_a_condition_that_holds_is_not_waited_for() -> None:
    proc.wait_for(lambda: True, deadline_s=0, what="nothing")


def test_a_condition_that_never_holds_is_named_at_the_deadline() -> None:
    with pytest.raises(LabFailure, match=r"waited 0.05 s for port 5201, in vain"):
        proc.wait_for(lambda: False, deadline_s=0.05, what="port 5201", poll_s=0.01)
