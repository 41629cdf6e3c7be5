# SPDX-License-Identifier: GPL-2.0-or-later
"""How long a tick of the processor's time-stamp counter is: measured, never assumed.

The counter is a clock only where it runs at one rate, whatever the processor does; Linux says so
by the flags ``constant_tsc`` and ``nonstop_tsc`` (arch/x86/kernel/cpu, 6.12).
"""

import ctypes
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hhf_testbed.errors import LabFailure
from hhf_testbed.native import compiled
from hhf_testbed.paths import package_dir

CPUINFO: Final = Path("/proc/cpuinfo")
NEEDED: Final = ("constant_tsc", "nonstop_tsc")


@dataclass(frozen=True)
class Reading:
    """One moment by two clocks: the counter, and CLOCK_MONOTONIC_RAW."""

    ticks: int
    ns: int

    def ticks_per_ns(self, later: "Reading") -> float:
        """Return the counter's rate from this moment to a later one."""
        if not (later.ns > self.ns and later.ticks > self.ticks):
            raise LabFailure(f"a clock of this machine does not advance: {self}, then {later}")
        return (later.ticks - self.ticks) / (later.ns - self.ns)


class TickClock:
    """The time-stamp counter of this machine.

    Raises:
        LabFailure: it has none, or none with a constant rate; or there is no compiler.
    """

    def __init__(self) -> None:
        _require_constant_rate()
        source = package_dir() / "cost" / "tick_clock.c"
        self._read_both = ctypes.CDLL(str(compiled(source, library=True))).read_both

    def read(self) -> Reading:
        """Read both clocks now."""
        ticks, ns = ctypes.c_uint64(), ctypes.c_uint64()
        if self._read_both(ctypes.byref(ticks), ctypes.byref(ns)):
            raise LabFailure("this machine has no CLOCK_MONOTONIC_RAW")
        return Reading(ticks.value, ns.value)


def _require_constant_rate() -> None:
    if platform.machine() != "x86_64":
        raise LabFailure(
            f"the kernel's cost is counted in ticks of an x86_64 processor, and this is "
            f"{platform.machine()}; without the kernel: --no-kernel"
        )
    flags = flags_of(CPUINFO.read_text(encoding="utf-8", errors="replace"))
    if missing := [flag for flag in NEEDED if flag not in flags]:
        raise LabFailure(
            f"the time-stamp counter of this processor is no clock ({', '.join(missing)} not in "
            f"{CPUINFO}); without the kernel: --no-kernel"
        )


def processor() -> str:
    """Return the processor's name, as Linux has it."""
    return _value(CPUINFO.read_text(encoding="utf-8", errors="replace"), "model name") or "unknown"


def flags_of(cpuinfo: str) -> list[str]:
    """Return the flags of the first processor in the text of /proc/cpuinfo."""
    return _value(cpuinfo, "flags").split()


def _value(cpuinfo: str, name: str) -> str:
    for line in cpuinfo.splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""
