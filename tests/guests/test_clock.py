# SPDX-License-Identifier: GPL-2.0-or-later
"""Virtual time: sleeping costs nothing, computing takes no time, and deadlines count in it."""

from collections.abc import Callable

import pytest

from hhf_testbed.errors import LabFailure
from hhf_testbed.guests import GuestResult

pytestmark = pytest.mark.guest
Guest = Callable[..., GuestResult]

COMPUTE = """
import hashlib, time
began = time.monotonic()
for number in range(300_000):
    hashlib.sha256(b"x" * 1000).digest()
print(f"{time.monotonic() - began:.4f}")
"""


def test_an_hour_of_sleep_passes_in_seconds(guest: Guest) -> None:
    done = guest("sh", "-c", "date +%s; sleep 3600; date +%s", deadline_s=4000)
    began, ended = map(int, done.stdout.split())
    assert ended - began == 3600
    assert done.wall_s < 5


def test_computing_takes_no_virtual_time(guest: Guest) -> None:
    done = guest("python3", "-S", "-c", COMPUTE)
    assert done.wall_s > 0.1
    assert float(done.stdout) < 0.001


def test_the_real_clock_follows_the_host(guest: Guest) -> None:
    done = guest("sh", "-c", "date +%s; sleep 0.5", clock="real")
    assert done.wall_s > 0.5
    assert int(done.stdout) > 1_700_000_000 + 10**6


def test_a_deadline_of_the_guests_clock_is_named_as_such(guest: Guest) -> None:
    with pytest.raises(
        LabFailure, match=r"^'sleep' did not end within 100 s of the guest's clock"
    ) as failure:
        guest("sleep", "1000", deadline_s=100.0)
    assert "Power down" in str(failure.value)


def test_a_command_that_ignores_term_has_missed_its_deadline_too(guest: Guest) -> None:
    with pytest.raises(LabFailure, match=r"^'sh' did not end within 5 s of the guest's clock"):
        guest("sh", "-c", "trap '' TERM; while :; do sleep 1; done", deadline_s=5.0)
