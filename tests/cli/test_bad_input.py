# SPDX-License-Identifier: GPL-2.0-or-later
"""Each wrong request ends with one sentence that names the value and what is allowed, and with 2.

None of these starts a guest: what is wrong is said before a kernel is looked for or built.
"""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hhf_testbed.cli import demo, main, options, verify
from hhf_testbed.cli.exec_ import exec_
from hhf_testbed.store.run_directory import MANIFEST, RECORD, digest_all, write_json

TOP = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def no_kernel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Bugs are kept in a directory of the test, and nothing may get as far as to a kernel."""

    def none(*_: object, **__: object) -> None:
        raise AssertionError("it asked for a kernel")

    monkeypatch.setenv("HHF_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HHF_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(options.kernels, "get", none)
    monkeypatch.setattr(verify.kernels, "cached", list)


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run a command line that must be refused, and return the sentence."""
    assert main.run(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("hhf: ")
    assert said.err.count("\n") == 1, said.err
    assert "bug" not in said.err
    return said.err


@pytest.mark.parametrize(
    ("arguments", "value", "allowed"),
    [
        (["--qdisc", "foo"], "'foo'", "allowed: hhf, fq_codel"),
        (["--qdisc", ""], "''", "allowed: hhf"),
        (["--qdisc", "hhf foo=1"], "'foo'", "allowed: limit_packets"),
        (["--qdisc", "hhf limit=-1"], "'-1'", "from 0 to 4294967295"),
        (["--qdisc", "hhf limit=99999999999"], "'99999999999'", "from 0 to 4294967295"),
        (["--qdisc", "hhf evict_timeout=nan"], "'nan'", "allowed is a number"),
        (["--qdisc", "hhf", "--qdisc", "hhf limit=5"], "given twice", "once each"),
        (["--rate", "-5mbit"], "'-5mbit'", "allowed is a number"),
        (["--rate", "0"], "rate_bps is 0", "1000000"),
        (["--rate", "nan"], "'nan'", "allowed is a number"),
        (["--rate", ""], "''", "allowed is a number"),
        (["--rate", "99999999999999999999gbit"], "99999999999999999999gbit", "allowed is 0 to"),
        (["--set", "foo=1"], "foo is no parameter", "allowed: rate_bps"),
        (["--set", "foo"], "'foo'", "allowed is KEY=VALUE"),
        (["--set", "=1"], "'=1'", "allowed is KEY=VALUE"),
        (["--set", "load_s=abc"], "'abc'", "allowed is"),
        (["--set", "load_s=nan"], "nan", "allowed is"),
        (["--set", "load_s=1e308"], "1e+308", "3600"),
        (["--set", "bulk_senders=1.5"], "1.5", "allowed is"),
        (["--set", "bulk_senders=1_0"], "'1_0'", "allowed is"),
        (["--set", "bulk_senders=true"], "True", "allowed is"),
        (["--set", "offloads=yes"], "'yes'", "allowed is"),
        (["--set", "load_s=7", "--set", "load_s=9"], "load_s", "allowed is once"),
        (["--rate", "5mbit", "--set", "rate_bps=6000000"], "rate_bps", "allowed is once"),
        (["--seed", "-1"], "seed is '-1'", "allowed is 0 to 18446744073709551615"),
        (["--seed", str(2**64)], str(2**64), "allowed is 0 to 18446744073709551615"),
        (["--seed", "x"], "seed is 'x'", "allowed is 0 to 18446744073709551615"),
        (["--hz", "x"], "'x'", "integer"),
        (["--kernel", ""], "--kernel is empty", "allowed is"),
    ],
)
def test_a_wrong_demo_is_refused_before_anything_runs(capsys, arguments, value, allowed) -> None:
    said = refused(capsys, "demo", *arguments)
    assert value in said
    assert allowed in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--memory", "1", "true"], "memory_mib is 1; allowed is 128 to"),
        (["--deadline", "nan", "true"], "deadline_s is nan; allowed is above 0"),
        (["--wall-deadline", "0", "true"], "wall_deadline_s is 0.0; allowed is above 0"),
        (["--out", "/nonexistent", "true"], "--out is /nonexistent; allowed is a directory"),
        ([], "Missing argument 'COMMAND...'"),
    ],
)
def test_a_wrong_exec_is_refused_before_a_kernel_is_built(capsys, arguments, said) -> None:
    assert said in refused(capsys, "exec", *arguments)


def test_a_cache_of_another_user_is_named(capsys, monkeypatch) -> None:
    def denied(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", "/root/x")

    monkeypatch.setattr(options.kernels, "get", denied)
    said = refused(capsys, "exec", "true")
    assert "is not for this user: Permission denied (/root/x); set HHF_CACHE" in said


def test_a_shell_without_a_terminal_is_refused_at_once(capsys) -> None:
    assert "no terminal; allowed is a terminal" in refused(capsys, "shell")


def test_a_run_is_refused_where_something_is(capsys, tmp_path) -> None:
    dangling = tmp_path / "dangling"
    dangling.symlink_to("nowhere")
    for place in (tmp_path, dangling):
        assert f"{place} exists already" in refused(capsys, "demo", "--out", str(place))


def test_a_run_is_refused_below_a_file_under_too_long_a_name_and_in_the_kernels_trees(
    capsys, tmp_path
) -> None:
    file = tmp_path / "file"
    file.touch()
    assert f"{file} is no directory" in refused(capsys, "demo", "--out", f"{file}/x")
    assert "longer than" in refused(capsys, "demo", "--out", str(tmp_path / ("a" * 240)))
    assert "cannot be made" in refused(capsys, "demo", "--out", f"{tmp_path}/{'a' * 300}/x")
    assert "/proc" in refused(capsys, "demo", "--out", "/proc/x")


def test_a_run_is_refused_where_there_is_no_room(capsys, tmp_path, monkeypatch) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=5 * 2**20)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    said = refused(capsys, "demo", "--out", str(tmp_path / "x"))
    assert "5 MiB of free space; a run needs 400" in said
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_was_removed_is_no_place_to_start_from(tmp_path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    command = 'rmdir "$PWD"; exec "$0" -P -m hhf_testbed.cli.main "$@"'
    for arguments in (["exec", "true"], ["demo", "--out", "x"]):
        gone.mkdir(exist_ok=True)
        ended = subprocess.run(
            ["sh", "-c", command, sys.executable, *arguments],
            cwd=gone,
            env=os.environ | {"PYTHONPATH": str(TOP)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 2
        assert "current directory" in ended.stderr
        assert "was removed" in ended.stderr
        assert "bug" not in ended.stderr


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Make a finished run of the smallest kind."""
    directory = tmp_path / "run"
    (directory / "trials" / "hhf").mkdir(parents=True)
    (directory / "trials" / "hhf" / "ping.txt").write_text("1 ms\n")
    record = {
        "schema": 1,
        "command": "hhf demo",
        "clock": "virtual",
        "kernel": {"name": "6.12", "hz": 250, "key": "0", "release": "6.12.1"},
        "versions": {"revision": "old", "libraries": {"numpy": "1"}},
        "specification": {},
    }
    write_json(directory / RECORD, record)
    seal(directory)
    return directory


def seal(directory: Path) -> None:
    write_json(directory / MANIFEST, {"schema": 1, "files": digest_all(directory)})


def change(directory: Path, name: str, **values: object) -> None:
    path = directory / name
    write_json(path, json.loads(path.read_text()) | values)


def _without_record(run: Path) -> None:
    (run / RECORD).unlink()
    seal(run)


def _without_trials(run: Path) -> None:
    shutil.rmtree(run / "trials")
    seal(run)


def _record_without_clock(run: Path) -> None:
    write_json(run / RECORD, {"schema": 1})
    seal(run)


def _record_newer(run: Path) -> None:
    change(run, RECORD, schema=2)
    seal(run)


DAMAGE = {
    "a file was changed": (
        lambda run: (run / "trials/hhf/ping.txt").write_text("2 ms\n"),
        "damaged: trials/hhf/ping.txt is not what was written",
    ),
    "a file was removed": (
        lambda run: (run / "trials/hhf/ping.txt").unlink(),
        "damaged: trials/hhf/ping.txt is missing",
    ),
    "the manifest was removed": (lambda run: (run / MANIFEST).unlink(), "no finished run"),
    "the manifest was cut off": (
        lambda run: (run / MANIFEST).write_text('{"schema": 1, "fil'),
        "damaged: manifest.json",
    ),
    "the manifest is no JSON": (lambda run: (run / MANIFEST).write_text("x"), "damaged"),
    "the manifest is no text": (lambda run: (run / MANIFEST).write_bytes(b"\xff"), "damaged"),
    "the manifest is a list": (lambda run: (run / MANIFEST).write_text("[]"), "not a JSON object"),
    "the manifest lists nothing": (lambda run: change(run, MANIFEST, files={}), "does not list"),
    "the manifest is a directory": (
        lambda run: ((run / MANIFEST).unlink(), (run / MANIFEST).mkdir()),
        "cannot be read: Is a directory",
    ),
    "the schema is newer": (lambda run: change(run, MANIFEST, schema=2), "schema 2; this version"),
    "the schema is a text": (lambda run: change(run, MANIFEST, schema="1"), "schema '1'; this"),
    "the schema is a truth value": (lambda run: change(run, MANIFEST, schema=True), "schema True"),
    "the record was changed": (
        lambda run: change(run, RECORD, seed=7),
        "record.json is not what was written",
    ),
    "the record was never there": (_without_record, "does not list record.json"),
    "the record lacks the clock": (_record_without_clock, "record.json has no command, clock"),
    "the record is newer": (_record_newer, "schema 2; this version"),
    "it is a report only": (_without_trials, "the report of a run and has no trials"),
}


@pytest.mark.parametrize("command", ["verify", "report"])
@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_run_is_refused(capsys, run, command, damage) -> None:
    spoil, expected = DAMAGE[damage]
    spoil(run)
    said = refused(capsys, command, str(run))
    assert expected in said
    assert str(run) in said


@pytest.mark.parametrize("command", ["verify", "report"])
def test_what_is_no_run_is_refused(capsys, tmp_path, command) -> None:
    file = tmp_path / "file"
    file.touch()
    for place in (tmp_path / "missing", file):
        assert f"there is no run {place}" in refused(capsys, command, str(place))
    assert "was it interrupted" in refused(capsys, command, str(tmp_path))
    assert "cannot be read" in refused(capsys, command, f"{tmp_path}/{'a' * 300}")


def test_a_run_in_real_time_is_not_verified(capsys, run) -> None:
    change(run, RECORD, clock="real")
    seal(run)
    assert "'real'; only runs with the clock 'virtual'" in refused(capsys, "verify", str(run))


def test_what_only_python_takes_for_a_number_stays_text() -> None:
    assert [demo._value(text) for text in ("10", "-1", "1.5", "true", "1_0", "1_0.5", "٣")] == [
        10, -1, 1.5, True, "1_0", "1_0.5", "٣",
    ]  # fmt: skip


def test_versions_that_differ_are_named_one_by_one() -> None:
    then = {"revision": "a", "python": "3.11", "libraries": {"numpy": "1", "scapy": "2"}}
    now = {"revision": "b", "python": "3.11", "libraries": {"numpy": "3", "scapy": "2"}}
    assert verify.changes(then, now) == ["revision was a, is b", "numpy was 1, is 3"]
    assert verify.changes(then, then) == []


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_that_asks_to_end_runs_what_cleans_up(tmp_path, number, status) -> None:
    code = (
        "import os, signal, sys, tempfile; from hhf_testbed.cli import main\n"
        f"signal.signal({int(number)}, signal.SIG_DFL)\n"  # this may run below nohup
        "def invoke(_):\n"
        "    with tempfile.TemporaryDirectory(dir=sys.argv[1]):\n"
        f"        os.kill(os.getpid(), {int(number)})\n"
        "main._invoke = invoke; main.main()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=TOP, capture_output=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (status, b"")
    assert list(tmp_path.iterdir()) == []


def test_exec_takes_options_of_the_command_for_the_command() -> None:
    context = exec_.make_context("exec", ["ls", "-la", "--color=never"])
    assert context.params["command"] == ("ls", "-la", "--color=never")
