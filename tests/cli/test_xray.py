# SPDX-License-Identifier: GPL-2.0-or-later
"""``hhf xray``: what it prints, what it writes, and how it ends."""

import json
import struct
from pathlib import Path

import pytest

from hhf_testbed.cli import main

HEADERS = bytes(12) + b"\x08\0" + struct.pack(">BBHHHBBH", 0x45, 0, 0, 0, 0, 64, 17, 0)
FLOW = HEADERS + bytes((10, 0, 0, 1, 10, 0, 0, 2)) + struct.pack(">HH", 4000, 5000)


@pytest.fixture
def heavy(tmp_path: Path) -> Path:
    parts = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 1)]
    for n in range(100):
        parts.append(struct.pack("<IIII", 0, 1000 * n, len(FLOW), 1514) + FLOW)
    path = tmp_path / "heavy.pcap"
    path.write_bytes(b"".join(parts))
    return path


def test_the_caption_is_printed_and_the_directory_named_after_the_file(
    heavy, tmp_path, capsys, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main.run(["xray", str(heavy), "--rate", "1mbit"]) == 0
    said = capsys.readouterr().out
    assert "Inside HHF: heavy.pcap at 1Mbit. 100 packets of 1 flow." in said
    assert f"Picture: {tmp_path / 'heavy-xray' / 'xray.png'}" in said
    assert (tmp_path / "heavy-xray" / "events.jsonl").is_file()


def test_json_says_where_it_is_and_what_it_found(heavy, tmp_path, capsys) -> None:
    out = tmp_path / "new" / "x"
    assert main.run(["xray", str(heavy), "--rate", "1mbit", "--out", str(out), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["directory"] == str(out)
    assert found["truth"]["admissions"] == 1


def test_an_x_ray_is_never_overwritten(heavy, tmp_path, capsys) -> None:
    assert main.run(["xray", str(heavy), "--rate", "1mbit", "--out", str(tmp_path)]) == 2
    assert f"{tmp_path} exists already; an x-ray goes to a new dir" in capsys.readouterr().err


def test_of_a_cut_file_there_is_the_x_ray_of_what_could_be_read_and_status_2(
    heavy, tmp_path, capsys
) -> None:
    heavy.write_bytes(heavy.read_bytes()[:-1])
    out = tmp_path / "x"
    assert main.run(["xray", str(heavy), "--rate", "1mbit", "--out", str(out)]) == 2
    assert "record 99 (the first is 0)" in capsys.readouterr().err
    assert json.loads((out / "summary.json").read_text())["packets"] == 99


@pytest.mark.usefixtures("heavy")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["heavy.pcap"], "is no directory of a run; a capture needs --rate"),
        (["."], "is no finished run"),
        ([".", "--rate", "1mbit", "--hz", "250"], "decides itself what --rate, --hz would"),
        (["none.pcap", "--rate", "1mbit"], "cannot be read: No such file"),
        (["heavy.pcap", "--rate", "1mbit", "--interface", "7"], "no packet of that interface"),
        (["heavy.pcap", "--rate", "1mbit", "--out", "/dev/null/x"], "cannot be written"),
    ],
)
def test_a_wrong_request_is_one_sentence_and_status_2_and_leaves_nothing(
    tmp_path, capsys, monkeypatch, arguments, said
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main.run(["xray", *arguments]) == 2
    assert said in capsys.readouterr().err.splitlines()[-1]
    assert [path.name for path in tmp_path.iterdir()] == ["heavy.pcap"]
