# SPDX-License-Identifier: GPL-2.0-or-later
"""The processor's counter is used as a clock only where it is one, at the rate that it has."""

import platform
from pathlib import Path

import pytest

from hhf_testbed.cost import tick_clock
from hhf_testbed.cost.tick_clock import Reading, TickClock, flags_of
from hhf_testbed.errors import LabFailure

CPUINFO = "processor\t: 0\nflags\t\t: fpu tsc constant_tsc\n\nprocessor\t: 1\nflags\t\t: other\n"


def test_both_clocks_go_forward() -> None:
    clock = TickClock()
    first, later = clock.read(), clock.read()
    assert first.ticks_per_ns(later) > 0


def test_the_rate_is_ticks_over_nanoseconds() -> None:
    assert Reading(1000, 50).ticks_per_ns(Reading(6000, 2050)) == 2.5


@pytest.mark.parametrize("later", [Reading(1, 2), Reading(2, 1), Reading(0, 5)])
def test_a_clock_that_does_not_advance_is_no_rate(later: Reading) -> None:
    with pytest.raises(LabFailure, match="does not advance"):
        Reading(1, 1).ticks_per_ns(later)


def test_the_flags_are_those_of_a_processor() -> None:
    assert flags_of(CPUINFO) == ["fpu", "tsc", "constant_tsc"]
    assert flags_of("") == []


def test_a_counter_that_changes_its_rate_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "cpuinfo").write_text(CPUINFO)
    monkeypatch.setattr(tick_clock, "CPUINFO", tmp_path / "cpuinfo")
    with pytest.raises(LabFailure, match=r"no clock \(nonstop_tsc not in .*--no-kernel"):
        TickClock()


def test_another_architecture_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(LabFailure, match="this is riscv64; without the kernel: --no-kernel"):
        TickClock()
