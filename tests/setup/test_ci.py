# SPDX-License-Identifier: GPL-2.0-or-later
"""``.ci/run``: fails if any part failed, and ends with the summary of ``./hhf test``."""

import shutil
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]


@pytest.fixture
def run_ci(machine, tmp_path):
    """Run a clone's ``.ci/run`` with parts that only note their call and end as they are told."""
    (tmp_path / "clone" / ".ci").mkdir(parents=True)
    (tmp_path / "shared").mkdir()
    script = shutil.copy(TOP / ".ci/run", tmp_path / "clone/.ci/run")
    machine.fake("mmdebstrap", "")

    def run(hhf: int, bare_machine: int | None) -> subprocess.CompletedProcess[str]:
        machine.fake("../clone/hhf", f"echo hhf $*; exit {hhf}")
        if bare_machine is not None:
            machine.fake("../shared/fresh-machine", f"echo bare $*; exit {bare_machine}")
        return machine.run(script)

    return run


@pytest.mark.parametrize(
    ("hhf", "bare_machine", "status"),
    [(0, None, 0), (1, None, 1), (0, 0, 0), (0, 2, 2), (1, 0, 1), (1, 2, 1)],
)
def test_it_fails_when_a_part_failed_and_the_tests_come_last(
    run_ci, hhf: int, bare_machine: int | None, status: int
) -> None:
    ended = run_ci(hhf, bare_machine)
    assert ended.returncode == status, ended.stderr
    first = [] if bare_machine is None else ["bare ./hhf demo ./hhf test"]
    assert ended.stdout.splitlines() == [*first, "hhf test"]


def test_where_the_user_is_not_root_there_is_no_bare_machine(machine, run_ci) -> None:
    machine.fake("id", "echo 1000")
    assert run_ci(0, 2).stdout == "hhf test\n"
