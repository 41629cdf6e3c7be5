# SPDX-License-Identifier: GPL-2.0-or-later
"""``hhf replay``: what it prints, what it writes, and how it ends."""

import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from hhf_testbed.cli import main

MS = 1_000_000
HEADERS = bytes(12) + b"\x08\0" + struct.pack(">BBHHHBBH", 0x45, 0, 0, 0, 0, 64, 17, 0)
FLOW = HEADERS + bytes((10, 0, 0, 1, 10, 0, 0, 2)) + struct.pack(">HH", 4000, 5000)


def capture(path: Path, times_ns: list[int], *, wire_bytes: int = 1514, link_type: int = 1) -> Path:
    parts = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, link_type)]
    for time_ns in times_ns:
        parts.append(struct.pack("<IIII", 0, time_ns, len(FLOW), wire_bytes) + FLOW)
    path.write_bytes(b"".join(parts))
    return path


@pytest.fixture
def heavy(tmp_path: Path) -> Path:
    return capture(tmp_path / "heavy.pcap", [1000 * n for n in range(100)])


def test_the_table_names_the_heavy_hitter_its_admission_and_the_delays(heavy, capsys) -> None:
    assert main.run(["replay", str(heavy), "--rate", "1mbit"]) == 0
    said = capsys.readouterr().out
    assert "UDP 10.0.0.1:4000 > 10.0.0.2:5000    0.000086      131,718" in said
    assert "hhf    heavy                 14  " in said
    assert "1 admissions, of which 0 false positives" in said


def test_json_is_one_object_with_everything(heavy, capsys) -> None:
    assert main.run(["replay", str(heavy), "--rate", "1mbit", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["heavy_hitters"][0]["before_bytes"] == 87 * 1514
    assert found["classes"]["hhf"]["heavy"]["max_ms"] == 496.493
    assert found["request"]["params"]["admit_bytes"] == 131072
    assert found["damage"] is None


def test_several_seeds_show_what_the_key_of_the_hash_changes(heavy, capsys) -> None:
    assert main.run(["replay", str(heavy), "--rate", "1mbit", "--seeds", "3"]) == 0
    assert "The same with other keys of the flow hash" in capsys.readouterr().out
    main.run(["replay", str(heavy), "--rate", "1mbit", "--seeds", "3", "--json"])
    seeds = json.loads(capsys.readouterr().out)["seeds"]
    assert [one["request"]["seed"] for one in seeds] == [1, 2, 3]


def test_a_dash_is_the_standard_input(heavy) -> None:
    found = subprocess.run(
        [sys.executable, "-m", "hhf_testbed.cli.main", "replay", "-", "--rate", "1mbit", "--json"],
        input=heavy.read_bytes(), capture_output=True, check=True, timeout=60,
    )  # fmt: skip
    assert json.loads(found.stdout)["traffic"]["packets"] == 100


def test_a_pipe_cannot_be_replayed_with_several_seeds(tmp_path, capsys) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert main.run(["replay", str(tmp_path / "pipe"), "--rate", "1mbit", "--seeds", "2"]) == 2
    assert "a pipe can be read once only; --seeds needs a file" in capsys.readouterr().err


def test_a_cut_file_is_reported_as_far_as_it_goes_then_one_error_and_status_2(
    heavy, capsys
) -> None:
    heavy.write_bytes(heavy.read_bytes()[:-1])
    assert main.run(["replay", str(heavy), "--rate", "1mbit", "--json"]) == 2
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert found["traffic"]["packets"] == 99
    assert said.err.endswith(f"hhf: {found['damage']}\n")
    assert "record 99 (the first is 0), which starts at byte 5370, is cut off" in found["damage"]


def test_a_heavy_hitter_missed_while_there_was_room_is_status_1(tmp_path) -> None:
    """Evicted within its interval; then a packet so small that the counters do not suffice."""
    path = capture(tmp_path / "c.pcap", [1000 * n for n in range(87)])
    small = struct.pack("<IIII", 0, 20 * MS, len(FLOW), 60) + FLOW
    path.write_bytes(path.read_bytes() + small)
    asked = ["replay", str(path), "--rate", "1gbit", "--qdisc", "hhf evict_timeout=4ms"]
    assert main.run(asked) == 1
    assert main.run(asked[:-2]) == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--rate", "fast"], "rate is 'fast'"),
        (["--rate", "1mbit", "--qdisc", "pfifo"], "the model knows hhf only"),
        (["--rate", "1mbit", "--profile", "4.4"], "there is no profile '4.4'; allowed are 2013"),
        (["--rate", "1mbit", "--hz", "50"], "the kernel's choices are 100, 250"),
        (["--rate", "1mbit", "--interface", "2"], "no packet of that interface and direction"),
        (["--rate", "1mbit", "--direction", "up"], "'up' is not one of 'out', 'in', 'both'"),
        ([], "Missing option '--rate'"),
    ],
)
def test_a_wrong_request_is_one_sentence_and_status_2(heavy, capsys, arguments, said) -> None:
    assert main.run(["replay", str(heavy), *arguments]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.splitlines()[-1].startswith("hhf: ")
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: path.mkdir(), "is a directory; allowed is a capture, or 'hhf xray' of a run"),
        (lambda path: path, "cannot be read: No such file or directory"),
        (lambda path: capture(path, []), "has no packets: nothing was learned"),
        (lambda path: capture(path, [0], link_type=147), "is of link type 147; allowed are Ether"),
    ],
)
def test_a_file_that_teaches_nothing_is_one_sentence_and_status_2(
    tmp_path, capsys, make, said
) -> None:
    path = tmp_path / "c.pcap"
    make(path)
    assert main.run(["replay", str(path), "--rate", "1mbit"]) == 2
    said_last = capsys.readouterr().err.splitlines()[-1]
    assert said_last.startswith("hhf: ")
    assert said in said_last
