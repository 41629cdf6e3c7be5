# SPDX-License-Identifier: GPL-2.0-or-later
"""The preloaded library: a program that spins rests, one that works does not, no byte is lost."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hhf_testbed.errors import LabFailure
from hhf_testbed.traffic import patience

# A Python's select.select() and os.read() are libc's own, as in iperf3.
HEAD = "import os, select, socket, sys, time\nread, write = os.pipe()\n"
SPIN = """
end, turns = time.monotonic() + 0.2, 0
while time.monotonic() < end:
    select.select([], [write], [], 0)
    turns += 1
    WORK
print(turns)
"""
TRANSFER = """
ours, theirs = socket.socketpair()
if os.fork() == 0:
    for number in range(64):
        os.write(theirs.fileno(), bytes([number]) * 30_000)
    os._exit(0)
theirs.close()
got = b''
while True:
    select.select([ours], [], [])
    chunk = os.read(ours.fileno(), 65536)
    if not chunk:
        break
    got += chunk
assert got == b''.join(bytes([number]) * 30_000 for number in range(64))
print(len(got), ours.getsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT))
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HHF_CACHE", str(tmp_path_factory.mktemp("cache")))
        return patience.patience_library()


def run(code: str, library: Path | None) -> list[int]:
    env = {**os.environ, **({"LD_PRELOAD": str(library)} if library else {})}
    argv = [sys.executable, "-S", "-c", HEAD + code]
    done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 0, done.stderr
    return [int(word) for word in done.stdout.split()]


def test_a_loop_that_only_selects_turns_a_thousand_times_a_second_at_most(library: Path) -> None:
    spin = SPIN.replace("WORK", "pass")
    (with_it,), (without,) = run(spin, library), run(spin, None)
    assert 8 < with_it <= 0.2 * 1000 + 10
    assert without > 5 * with_it, "negative control: without the library it must spin"


@pytest.mark.parametrize(
    "work", ["os.write(write, b'x'); len(os.read(read, 1))", "turns % 8 or os.write(2, b'x')"]
)
def test_a_loop_that_writes_now_and_then_never_rests(library: Path, work: str) -> None:
    (turns,) = run(SPIN.replace("WORK", work), library)
    assert turns > 5 * 0.2 * 1000


def test_reading_resets_the_patience_but_the_end_of_a_stream_does_not(library: Path) -> None:
    zeros = "read = os.open('/dev/zero', os.O_RDONLY)\n"
    (turns,) = run(zeros + SPIN.replace("WORK", "os.read(read, 1)"), library)
    assert turns > 5 * 0.2 * 1000
    at_end = "read, other = os.pipe(); os.close(other)\n"
    (turns,) = run(at_end + SPIN.replace("WORK", "os.read(read, 1)"), library)
    assert turns <= 0.2 * 1000 + 10


def test_a_reader_gets_every_byte_and_is_woken_for_larger_pieces(library: Path) -> None:
    assert run(TRANSFER, library) == [64 * 30_000, 32 * 1024]
    assert run(TRANSFER, None) == [64 * 30_000, 1]


def test_a_reader_of_little_is_woken_for_every_byte(library: Path) -> None:
    little = TRANSFER.replace("30_000", "100")
    assert run(little, library) == [64 * 100, 1]


def test_it_is_compiled_once_and_again_when_its_source_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HHF_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(patience, "package_dir", lambda: tmp_path)
    (tmp_path / "traffic").mkdir()
    source = tmp_path / "traffic" / "iperf3_patience.c"
    source.write_text("int one;\n")
    first = patience.patience_library()
    made_ns = first.stat().st_mtime_ns
    assert patience.patience_library() == first
    assert first.stat().st_mtime_ns == made_ns
    source.write_text("int other;\n")
    assert patience.patience_library() != first
    assert len(list(first.parent.iterdir())) == 2


def test_without_a_compiler_it_says_so_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HHF_CACHE", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shutil.which("gcc") is None
    with pytest.raises(LabFailure, match=r"gcc .* is not installed"):
        patience.patience_library()
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []
