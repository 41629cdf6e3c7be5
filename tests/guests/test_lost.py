# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest that is lost is a lab failure that says how, and nothing of it stays."""

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest

from hhf_testbed.errors import LabFailure
from hhf_testbed.guests import GuestResult

pytestmark = pytest.mark.guest
Guest = Callable[..., GuestResult]


@pytest.fixture(autouse=True)
def _nothing_stays(started: list[Any]) -> Any:
    yield
    assert len(started) == 1
    started[0].check_gone()


def test_a_shell_that_spins_is_stopped_by_the_hosts_clock(guest: Guest) -> None:
    with pytest.raises(
        LabFailure, match=r"^the guest that ran 'sh' did not end within 1.5 s of wa"
    ):
        guest("sh", "-c", "while :; do :; done", wall_deadline_s=1.5)


def test_a_panic_shows_the_console(guest: Guest) -> None:
    with pytest.raises(LabFailure, match=r"without an exit status; last lines of its cons") as lost:
        guest("sh", "-c", "sleep 1; echo c > /proc/sysrq-trigger; sleep 1000")
    assert "panic - not syncing: sysrq triggered crash" in str(lost.value)


def test_a_guest_that_powers_off_half_way_has_no_result(guest: Guest) -> None:
    with pytest.raises(LabFailure, match=r"^the guest that ran 'sh' ended without an exit status"):
        guest("sh", "-c", "echo o > /proc/sysrq-trigger; sleep 1000")


def test_a_killed_guest_is_named_with_the_signal(guest: Guest, started: list[Any]) -> None:
    def kill(_: bytes) -> None:
        os.kill(started[0].pid, signal.SIGKILL)

    with pytest.raises(LabFailure, match="'sh' was ended by signal 9 without an exit status"):
        guest("sh", "-c", "echo up; while :; do :; done", stdout=kill)


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_passes_through(guest: Guest, error: type[BaseException]) -> None:
    def interrupt() -> None:
        raise error

    with pytest.raises(error):
        guest("sh", "-c", "while :; do :; done", poll=interrupt)
