# SPDX-License-Identifier: GPL-2.0-or-later
"""Two runs: the first byte that differs, or none."""

from pathlib import Path

import pytest

from hhf_testbed.store.compare import CHUNK_BYTES, compare_runs, first_difference
from hhf_testbed.store.run_directory import HOST, RECORD, new_run, write_json


def make(target: Path, files: dict[str, bytes]) -> Path:
    with new_run(target) as directory:
        write_json(directory / RECORD, {"schema": 1})
        write_json(directory / HOST, {"name": target.name})
        for name, data in files.items():
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            (directory / name).write_bytes(data)
    return target


def test_equal_runs_have_no_difference_though_their_hosts_differ(tmp_path: Path) -> None:
    one, other = (make(tmp_path / name, {"trials/hhf/a": b"x"}) for name in ("one", "other"))
    seen = compare_runs(one, other)
    assert (seen.files, seen.difference) == (2, "")


def test_what_was_measured_is_compared_before_what_was_made_of_it(tmp_path: Path) -> None:
    one = make(tmp_path / "one", {"claims.json": b"1", "trials/hhf/a": b"same 1"})
    other = make(tmp_path / "other", {"claims.json": b"2", "trials/hhf/a": b"same 2"})
    assert compare_runs(one, other).difference == (
        "trials/hhf/a differs from byte 5 on: b'1' there, b'2' here"
    )


def test_what_is_left_out_may_differ(tmp_path: Path) -> None:
    one, other = (make(tmp_path / name, {"b": name.encode()}) for name in ("one", "other"))
    assert compare_runs(one, other).difference
    assert compare_runs(one, other, leave_out=["b"]).difference == ""


def test_a_file_of_one_side_only_is_named_with_that_side(tmp_path: Path) -> None:
    one, other = make(tmp_path / "one", {"a": b""}), make(tmp_path / "other", {})
    assert compare_runs(one, other).difference == f"a is only in {one}"
    assert compare_runs(other, one).difference == f"a is only in {one}"


@pytest.mark.parametrize(
    ("left", "right", "said"),
    [
        (b"abcd", b"abXd", "byte 2 on: b'cd' there, b'Xd' here"),
        (b"abc", b"ab", "byte 2 on: b'c' there, the end here"),
        (b"", b"a", "byte 0 on: the end there, b'a' here"),
        (b"x" * CHUNK_BYTES, b"x" * CHUNK_BYTES + b"y", f"byte {CHUNK_BYTES} on: the end there"),
        (b"x" * CHUNK_BYTES + b"zab", b"x" * CHUNK_BYTES + b"zac", f"byte {CHUNK_BYTES + 2} on"),
    ],
)
def test_the_first_byte_that_differs_is_shown(
    tmp_path: Path, left: bytes, right: bytes, said: str
) -> None:
    (tmp_path / "one").write_bytes(left)
    (tmp_path / "other").write_bytes(right)
    text = first_difference("f", tmp_path / "one", tmp_path / "other")
    assert text.startswith(f"f differs from {said}")
    assert len(text) < 300
