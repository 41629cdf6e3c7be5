# SPDX-License-Identifier: GPL-2.0-or-later
"""What a measurement was made with: kernel, clocks, tools."""

import gzip
import hashlib
import os
import re
import time
from pathlib import Path
from typing import Any

from hhf_testbed.errors import LabFailure
from hhf_testbed.proc import run

TOOLS = {
    "iperf3": ["iperf3", "--version"],
    "tcpdump": ["tcpdump", "--version"],
    "iproute2": ["ip", "-Version"],
    "ping": ["ping", "-V"],
    "ethtool": ["ethtool", "--version"],
    "mininet": ["mn", "--version"],
}
DEADLINE_S = 60.0
SETTLE_S = 0.1
"""Timers become exact with the first tick after boot (seen on 6.12); this lets one pass."""


def kernel_config() -> str:
    """Return the configuration of the running kernel. Raises LabFailure if it does not tell."""
    try:
        return gzip.decompress(Path("/proc/config.gz").read_bytes()).decode()
    except FileNotFoundError:
        raise LabFailure("this kernel has no /proc/config.gz (CONFIG_IKCONFIG_PROC)") from None


def kernel_hz(config: str) -> int:
    """Return HZ, in ticks per second."""
    match = re.search(r"^CONFIG_HZ=(\d+)$", config, re.MULTILINE)
    if not match:
        raise LabFailure("the kernel's configuration does not state CONFIG_HZ")
    return int(match[1])


def clock_offset_ns() -> int:
    """Return CLOCK_REALTIME minus CLOCK_MONOTONIC, nanoseconds.

    Two reads around one cancel the time that a read takes, which in virtual time is constant.
    """
    before = time.monotonic_ns()
    real = time.time_ns()
    after = time.monotonic_ns()
    return real - (before + after) // 2


def settle() -> None:
    """Wait until timers are exact, so that what is shaped or measured next is."""
    time.sleep(SETTLE_S)


def describe() -> dict[str, Any]:
    """Return what the run's record says about where it ran, as plain JSON types."""
    config = kernel_config()
    uname = os.uname()
    return {
        "kernel_release": uname.release,
        "kernel_version": uname.version,
        "machine": uname.machine,
        "hz": kernel_hz(config),
        "config_sha256": hashlib.sha256(config.encode()).hexdigest(),
        "realtime_minus_monotonic_ns": clock_offset_ns(),
        "tools": {name: _version(argv) for name, argv in TOOLS.items()},
    }


def _version(argv: list[str]) -> str:
    done = run(argv, deadline_s=DEADLINE_S)
    return (done.stdout + done.stderr).splitlines()[0]
