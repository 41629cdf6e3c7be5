# SPDX-License-Identifier: GPL-2.0-or-later
"""The Python environment: made once, whole or not at all."""

import fcntl
import subprocess
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
PROVISION = TOP / "setup/provision"


def environments(machine) -> list[Path]:
    """Return the finished environments."""
    return [path.parent for path in machine.cache.glob("venv-*/complete")]


def test_an_environment_is_made_from_the_lock_with_hashes_and_wheels_only(debian) -> None:
    ended = debian.run(PROVISION)
    assert ended.returncode == 0, ended.stderr
    assert len(environments(debian)) == 1
    install = next(line for line in debian.called().splitlines() if " install " in line)
    assert "--require-hashes --only-binary :all:" in install
    assert install.endswith(f"-r {TOP}/setup/requirements.lock")


def test_finished_work_is_not_repeated(debian) -> None:
    debian.run(PROVISION)
    before = debian.called()
    ended = debian.run(PROVISION)
    assert ended.returncode == 0
    assert ended.stderr == ""
    assert debian.called() == before


def test_a_half_made_environment_is_made_again_and_never_used(debian) -> None:
    debian.python(pip_install="exit 1")
    assert debian.run(TOP / "hhf", "demo").returncode == 2
    assert environments(debian) == []
    assert "hhf_testbed.cli.main" not in debian.called()
    debian.python()
    debian.calls.unlink()
    assert debian.run(TOP / "hhf", "demo").returncode == 0
    assert " install " in debian.called()
    assert "hhf_testbed.cli.main demo" in debian.called()


def test_no_network_for_pip_is_one_sentence_without_a_traceback(debian) -> None:
    debian.python(
        "echo 'NewConnectionError: Temporary failure in name resolution'; "
        "echo 'ERROR: No matching distribution found for click'; exit 1"
    )
    ended = debian.run(TOP / "hhf", "demo")
    assert ended.returncode == 2
    last = ended.stderr.strip().splitlines()[-1]
    assert last.startswith("hhf: making the Python environment failed: there is no network")
    assert "Traceback" not in ended.stderr


def test_two_at_once_make_it_once(debian) -> None:
    debian.run(PROVISION)
    finished = environments(debian)[0] / "complete"
    finished.unlink()
    debian.calls.unlink()
    with (debian.cache / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        second = subprocess.Popen(
            [PROVISION], env=debian.environment(), stderr=subprocess.PIPE, text=True
        )
        assert second.stderr is not None
        assert "another hhf is preparing this machine" in second.stderr.readline()
        finished.touch()
    assert second.wait(timeout=10) == 0
    second.stderr.close()
    assert debian.called() == ""


def test_an_old_python_is_refused(debian) -> None:
    debian.fake("python3.11", "exit 1")
    ended = debian.run(PROVISION)
    assert ended.returncode == 2
    assert "is not Python 3.11 or later" in ended.stderr


def test_too_little_room_is_said_before_anything_is_downloaded(debian) -> None:
    debian.fake("df", "echo Avail; echo 17")
    ended = debian.run(PROVISION)
    assert ended.returncode == 2
    assert "only 17 MB are free" in ended.stderr
    assert "venv" not in debian.called()


def test_a_cache_that_cannot_be_made_is_named(debian) -> None:
    ended = debian.run(PROVISION, HHF_CACHE="/dev/null/cache")
    assert ended.returncode == 2
    assert "hhf: cannot write to /dev/null/cache" in ended.stderr
