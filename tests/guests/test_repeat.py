# SPDX-License-Identifier: GPL-2.0-or-later
"""The same seed gives the same bytes; everything random follows another seed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hhf_testbed import guests
from hhf_testbed.guests import GuestCommand, GuestResult
from hhf_testbed.kernels import Kernel

pytestmark = pytest.mark.guest
Guest = Callable[..., GuestResult]

RANDOM_THINGS = """
cat /proc/sys/kernel/random/uuid /proc/sys/kernel/random/boot_id
date +%s.%N
cat /proc/uptime /proc/self/maps
cat /proc/cmdline
python3 -S -c '
import os, random, socket, tempfile, time
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
print(server.getsockname(), client.getsockname(), os.getpid(), id(server), hash("text"))
print(random.random(), os.urandom(8).hex(), tempfile.mktemp(), time.time_ns(), time.monotonic_ns())
'
"""
FOLLOWS_THE_SEED = ("uuid", "boot_id")


def test_one_seed_gives_the_same_bytes_on_any_processor_and_another_seed_others(
    kernel: Kernel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(name: str, seed: int, cpu: int | None) -> GuestResult:
        (tmp_path / name).mkdir()
        monkeypatch.setenv("OF_THE_HOST", name)
        argv = ("sh", "-ec", RANDOM_THINGS)
        done = guests.run(
            kernel, GuestCommand(argv, tmp_path / name, seed=seed, cpu=cpu, wall_deadline_s=60)
        )
        assert done.status == 0, done.stderr
        return done

    one, same, other = run("1", 5, None), run("a longer name", 5, 0), run("3", 6, None)
    assert one.stdout.splitlines() == same.stdout.splitlines()
    assert one.console == same.console
    lines, others = one.stdout.splitlines(), other.stdout.splitlines()
    for number in (0, 1, -1):  # uuid, boot id, and what Python drew
        assert lines[number] != others[number]
    assert lines[2] == others[2], "the clock does not follow the seed"
