# SPDX-License-Identifier: GPL-2.0-or-later
"""A program of several C files is compiled as one, once, and again when any of them changes."""

import subprocess
from pathlib import Path

import pytest

from hhf_testbed.errors import LabFailure
from hhf_testbed.native import compiled

TIMEOUT_S = 10


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HHF_CACHE", str(tmp_path / "cache"))
    files = tmp_path / "answer"
    files.mkdir()
    (files / "answer.h").write_text("int answer(void);\n#define ANSWER 42\n")
    (files / "answer.c").write_text('#include "answer.h"\nint answer(void) { return ANSWER; }\n')
    (files / "main.c").write_text('#include "answer.h"\nint main(void) { return answer(); }\n')
    return files


def status(program: Path) -> int:
    return subprocess.run([program], check=False, timeout=TIMEOUT_S).returncode


def test_all_files_of_a_directory_make_one_program(source: Path) -> None:
    program = compiled(source)
    assert program.name.startswith("answer-")
    assert status(program) == 42
    made_ns = program.stat().st_mtime_ns
    assert compiled(source) == program
    assert program.stat().st_mtime_ns == made_ns


def test_a_changed_header_makes_another_program(source: Path) -> None:
    first = compiled(source)
    (source / "answer.h").write_text("int answer(void);\n#define ANSWER 7\n")
    assert status(compiled(source)) == 7
    assert status(first) == 42


def test_a_file_that_does_not_compile_is_named(source: Path) -> None:
    (source / "main.c").write_text("int main(void) { return nothing; }\n")
    with pytest.raises(LabFailure, match=r"main\.c"):
        compiled(source)
