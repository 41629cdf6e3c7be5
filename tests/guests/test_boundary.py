# SPDX-License-Identifier: GPL-2.0-or-later
"""What crosses the boundary of a guest: the command in; status, streams and one directory out."""

import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hhf_testbed.errors import LabFailure
from hhf_testbed.guests import GuestResult
from hhf_testbed.paths import package_dir

pytestmark = pytest.mark.guest
Guest = Callable[..., GuestResult]
MEGABYTE = """
import sys
data = bytes(range(256)) * 4096
sys.stdout.buffer.write(data)
sys.stderr.buffer.write(data[::-1])
sys.exit(7)
"""


def test_status_and_both_streams_arrive_apart_and_whole(guest: Guest) -> None:
    heard: list[bytes] = []
    done = guest("python3", "-S", "-c", MEGABYTE, stdout=heard.append)
    data = bytes(range(256)) * 4096
    assert done.status == 7
    assert done.stdout == data
    assert done.stderr == data[::-1]
    assert b"".join(heard) == data


def test_a_status_of_124_is_no_deadline_that_passed(guest: Guest) -> None:
    assert guest("sh", "-c", "exit 124").status == 124


@pytest.fixture
def spaced() -> Iterator[Path]:
    """A directory with a space in its path, which the guest may see but not write."""
    path = Path(tempfile.mkdtemp(prefix="a guest's place "))
    yield path
    shutil.rmtree(path)


def test_only_the_output_directory_can_be_written(guest: Guest, output: Path, spaced: Path) -> None:
    kept = spaced / "kept"
    kept.write_text("as it was")
    source = package_dir() / "__init__.py"
    before = source.read_bytes()
    script = (
        'set -e; echo seen > /etc/hhf-was-here; cat /etc/hhf-was-here; echo seen >> "$1"; '
        'pwd; echo seen > kept; rm kept; ! test -e kept; echo seen > "/run/hhf/output/a file"'
    )
    done = guest("sh", "-c", script, "sh", str(source), cwd=spaced)
    assert (done.status, done.stdout.decode()) == (0, f"seen\n{spaced}\n"), done.stderr
    assert not Path("/etc/hhf-was-here").exists()
    assert source.read_bytes() == before
    assert [(file.name, file.read_text()) for file in spaced.iterdir()] == [("kept", "as it was")]
    assert [(file.name, file.read_text()) for file in output.iterdir()] == [("a file", "seen\n")]


SECURITY_MODULES = Path("/sys/kernel/security/lsm")
LANDLOCK = SECURITY_MODULES.exists() and "landlock" in SECURITY_MODULES.read_text()


@pytest.mark.skipif(not LANDLOCK, reason="this kernel does not say that it has Landlock")
def test_root_of_the_guest_cannot_write_by_mounting_the_host_once_more(
    guest: Guest, spaced: Path
) -> None:
    (spaced / "kept").write_text("as it was")
    script = 'mkdir /again && mount -t hostfs none /again && echo seen > "/again/$1/$2"'
    for name in ("kept", "new"):
        done = guest("sh", "-c", script, "sh", str(spaced), name)
        assert b"Permission denied" in done.stderr
    assert [(path.name, path.read_text()) for path in spaced.iterdir()] == [("kept", "as it was")]


def test_nothing_of_a_guest_is_left_on_the_host(guest: Guest, started: list[Any]) -> None:
    before = socket.if_nameindex(), mounts()
    alive: list[bool] = []

    def look(_: bytes) -> None:
        alive.append(started[0].directory.is_dir() and len(started[0].members()) > 1)

    script = "ip link add a0 type veth peer b0 && ip link show a0 && sleep 1000 & sleep 1; echo up"
    assert guest("sh", "-c", script, stdout=look).status == 0
    assert alive
    assert all(alive), "the test would not see a guest that is there"
    started[0].check_gone()
    assert (socket.if_nameindex(), mounts()) == before


def mounts() -> list[str]:
    return Path("/proc/self/mounts").read_text().splitlines()


def test_a_process_that_joins_another_mount_namespace_stays_above_the_overlay(
    guest: Guest,
) -> None:
    """Mininet's mnexec -a joins them; after a mere chroot it would see the host's own root."""
    script = (
        "unshare --mount --net sleep 1000 & pid=$!\n"
        "until [ $(readlink /proc/$pid/ns/mnt) != $(readlink /proc/self/ns/mnt) ]; do\n"
        "  sleep 0.01\n"
        "done\n"
        "echo seen > /etc/hhf-was-here\n"
        "mnexec -a $pid sh -c 'stat -f -c %T /; cat /etc/hhf-was-here; echo 2 > /etc/hhf-too'\n"
        "cat /etc/hhf-too"
    )
    done = guest("sh", "-c", script)
    assert (done.status, done.stdout.decode()) == (0, "overlayfs\nseen\n2\n"), done.stderr
    assert not Path("/etc/hhf-too").exists()


def test_the_module_under_test_is_there_and_reads_back(guest: Guest) -> None:
    script = "cat /sys/module/sch_hhf/refcnt; tc qdisc add dev lo root hhf; tc qdisc show dev lo"
    done = guest("sh", "-c", script)
    count, line = done.stdout.decode().splitlines()
    assert count == "0"
    assert line.startswith("qdisc hhf ")
    assert "limit 1000p" in line


def test_a_module_that_was_not_built_is_named_before_anything_boots(
    guest: Guest, started: list[Any]
) -> None:
    with pytest.raises(LabFailure, match=r"has no module sch_none; its modules: .*sch_hhf"):
        guest("true", modules=("sch_none",))
    assert started == []
