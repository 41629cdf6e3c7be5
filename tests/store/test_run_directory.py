# SPDX-License-Identifier: GPL-2.0-or-later
"""A run is written once, appears when it is complete, and is checked whenever it is read."""
# ruff: noqa: PT012, SIM117 (a block that fails half-way is what is tested)

import errno
import json
from pathlib import Path
from typing import Any

import pytest

from hhf_testbed.errors import LabFailure, RequestError
from hhf_testbed.store.run_directory import (
    HOST,
    MANIFEST,
    RECORD,
    RECORD_KEYS,
    SCHEMA,
    free_bytes,
    new_run,
    open_run,
    write_json,
)

RECORDED: dict[str, Any] = {"schema": SCHEMA, **dict.fromkeys(RECORD_KEYS, "x")}


def fill(directory: Path) -> None:
    write_json(directory / RECORD, RECORDED)
    write_json(directory / HOST, {"wall_s": 1.0})
    (directory / "trials" / "hhf").mkdir(parents=True)
    (directory / "trials" / "hhf" / "ping.txt").write_bytes(b"\x00raw\n")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    with new_run(tmp_path / "runs" / "one") as directory:
        fill(directory)
    return tmp_path / "runs" / "one"


def left_beside(target: Path) -> list[Path]:
    return sorted(target.parent.glob(f"{target.name}*"))


def test_a_run_appears_only_when_it_is_complete(tmp_path: Path) -> None:
    target = tmp_path / "new" / "one"
    with new_run(target) as directory:
        assert directory != target
        fill(directory)
        assert not target.exists()
    assert left_beside(target) == [target]
    assert open_run(target) == RECORDED


def test_only_the_file_of_the_host_is_not_in_the_manifest(run: Path) -> None:
    manifest = json.loads((run / MANIFEST).read_text())
    assert manifest["schema"] == SCHEMA
    assert set(manifest["files"]) == {RECORD, "trials/hhf/ping.txt"}


def test_a_finished_run_is_never_written_again(run: Path) -> None:
    with (
        pytest.raises(RequestError, match=f"^{run} exists already; a run is written once"),
        new_run(run),
    ):
        pytest.fail("it let the block begin")
    assert open_run(run) == RECORDED


def test_a_failed_run_with_output_is_kept_beside_and_named(tmp_path: Path) -> None:
    target = tmp_path / "one"
    with pytest.raises(LabFailure, match=r"^the guest was lost\n.*\.unfinished$") as failure:
        with new_run(target) as directory:
            fill(directory)
            raise LabFailure("the guest was lost")
    (kept,) = left_beside(target)
    assert str(kept) in str(failure.value)
    assert (kept / "trials" / "hhf" / "ping.txt").read_bytes() == b"\x00raw\n"
    with pytest.raises(RequestError, match=f"it has no {MANIFEST} .was it interrupted"):
        open_run(kept)


@pytest.mark.parametrize("error", [LabFailure("lost"), ValueError("bug")])
def test_a_failed_run_without_output_is_removed(tmp_path: Path, error: Exception) -> None:
    with pytest.raises(type(error)), new_run(tmp_path / "one") as directory:
        (directory / "trials" / "hhf").mkdir(parents=True)
        raise error
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_run_is_removed(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), new_run(tmp_path / "one") as directory:
        fill(directory)
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_one_sentence(tmp_path: Path) -> None:
    with (
        pytest.raises(LabFailure, match=r"cannot be written: No space left .*; free some space"),
        new_run(tmp_path / "one"),
    ):
        raise OSError(errno.ENOSPC, "No space left on device", "/x/capture.pcap")


def test_a_missing_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=f"^there is no run {tmp_path}/none; allowed is"):
        open_run(tmp_path / "none")


def test_one_changed_byte_is_found(run: Path) -> None:
    (run / "trials" / "hhf" / "ping.txt").write_bytes(b"\x01raw\n")
    with pytest.raises(
        RequestError, match=f"^run {run} is damaged: trials/hhf/ping.txt is not what was written$"
    ):
        open_run(run)


@pytest.mark.parametrize("name", [RECORD, "trials/hhf/ping.txt"])
def test_a_file_that_is_gone_is_named(run: Path, name: str) -> None:
    (run / name).unlink()
    with pytest.raises(RequestError, match=f"is damaged: {name} is missing$"):
        open_run(run)


def test_the_file_of_the_host_may_change_or_go(run: Path) -> None:
    (run / HOST).unlink()
    assert open_run(run) == RECORDED


@pytest.mark.parametrize("text", ["{", "[]", '{"schema": 1}', '{"schema": 1, "files": []}', "\xff"])
def test_a_manifest_that_is_none_is_damage(run: Path, text: str) -> None:
    (run / MANIFEST).write_bytes(text.encode("latin-1"))
    with pytest.raises(RequestError, match=f"^run {run} is damaged: {MANIFEST}"):
        open_run(run)


@pytest.mark.parametrize("schema", [SCHEMA + 1, 0, "1", None])
def test_another_schema_is_refused_with_those_that_can_be_read(run: Path, schema: object) -> None:
    manifest = json.loads((run / MANIFEST).read_text())
    write_json(run / MANIFEST, {**manifest, "schema": schema})
    with pytest.raises(RequestError, match=f"has schema {schema!r}; this version of hhf reads"):
        open_run(run)


def test_equal_values_are_equal_bytes(tmp_path: Path) -> None:
    write_json(tmp_path / "a", {"x": 1, "y": [2.5]})
    write_json(tmp_path / "b", {"y": [2.5], "x": 1})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_free_space_is_that_of_the_nearest_directory_there_is(tmp_path: Path) -> None:
    there = free_bytes(tmp_path)
    assert there > 0
    assert abs(free_bytes(tmp_path / "not" / "yet") - there) < there / 10
