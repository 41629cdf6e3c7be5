# SPDX-License-Identifier: GPL-2.0-or-later
import io
import os
import time

import pytest

from hhf_testbed.errors import LabFailure
from hhf_testbed.kernels import jobs


def run(tmp_path, script, **more):
    return jobs.run(["sh", "-c", script], what="the work", directory=tmp_path, **more)


def test_each_line_of_both_streams_is_heard(tmp_path):
    heard = []
    assert run(tmp_path, "echo a; echo b >&2; printf c", on_line=heard.append) == ["a", "b", "c"]
    assert heard == ["a", "b", "c"]


def test_a_failure_shows_its_last_lines_and_what_mends_it(tmp_path):
    with pytest.raises(LabFailure) as failure:
        run(tmp_path, "seq 1 100; echo 'error: no such thing'; exit 3", hint="do that")
    text = str(failure.value)
    assert text.startswith("the work failed (sh: exit status 3); do that; it said:\n77\n")
    assert text.endswith("100\nerror: no such thing")


def test_a_full_disk_is_named_as_such(tmp_path):
    with pytest.raises(LabFailure, match="the disk is full"):
        run(tmp_path, "echo 'x.o: No space left on device'; exit 1")


def test_a_missing_command_is_one_sentence(tmp_path):
    with pytest.raises(LabFailure, match="no-such-compiler is missing"):
        jobs.run(["no-such-compiler"], what="the work", directory=tmp_path)


def test_the_callers_environment_does_not_leak_into_a_build(tmp_path, monkeypatch):
    monkeypatch.setenv("MAKEFLAGS", "-n")
    monkeypatch.setenv("LC_ALL", "xx")
    assert run(tmp_path, 'echo "$MAKEFLAGS|$LC_ALL|$X"', variables={"X": "y"}) == ["|C.UTF-8|y"]


def test_an_interrupt_ends_the_whole_process_group(tmp_path):
    pids = []

    def interrupt(line):
        pids.append(int(line))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, "sleep 60 & echo $!; wait", on_line=interrupt)
    assert gone(pids[0])


def gone(pid):
    """Wait, with a deadline, until a process that is not our child has ended."""
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
            with open(f"/proc/{pid}/stat") as stat:  # noqa: PTH123
                if stat.read().rpartition(")")[2].split()[0] == "Z":
                    return True
        except (ProcessLookupError, FileNotFoundError):
            return True
    return False


def test_a_stream_is_fed_and_its_progress_heard(tmp_path):
    heard = []
    data = b"x" * (jobs.CHUNK_BYTES + 5)
    jobs.feed(
        ["sh", "-c", "cat > out"],
        io.BytesIO(data),
        what="the work",
        directory=tmp_path,
        on_bytes=heard.append,
    )
    assert (tmp_path / "out").read_bytes() == data
    assert heard == [jobs.CHUNK_BYTES, len(data)]


def test_a_fed_command_that_gives_up_says_why(tmp_path):
    with pytest.raises(LabFailure, match=r"the work failed .*status 2.*\nnot an archive"):
        jobs.feed(
            ["sh", "-c", "echo not an archive; exit 2"],
            io.BytesIO(b"x" * 10 * jobs.CHUNK_BYTES),
            what="the work",
            directory=tmp_path,
            on_bytes=lambda _: None,
        )
