# SPDX-License-Identifier: GPL-2.0-or-later
"""Options that several commands share, and what they stand for."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from hhf_testbed import kernels, paths
from hhf_testbed.errors import LabFailure, RequestError
from hhf_testbed.guests.command import CLOCKS, SEED_MAX
from hhf_testbed.progress import Reporter

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

DISK_BYTES_PER_RUN = 400 * 2**20
"""Twice what the demo's captures of three trials take."""


def kernel_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--kernel`` and ``--hz``."""
    add = click.option(
        "--kernel", "kernel_name", metavar="NAME", help="Such as 6.12; the newest that apt offers."
    )
    hz = click.option("--hz", type=int, default=250, show_default=True, help="Ticks per second.")
    return add(hz(command))


def guest_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--clock`` and ``--seed``."""
    clock = click.option(
        "--clock", type=click.Choice(CLOCKS), default="virtual", show_default=True,
        help="Virtual time jumps to the next timer when all sleep.",
    )  # fmt: skip
    seed = click.option(
        "--seed", type=click.IntRange(0, SEED_MAX), default=1, show_default=True,
        help="Of everything random in a guest.",
    )  # fmt: skip
    return clock(seed(command))


def get_kernel(name: str | None, hz: int, reporter: Reporter) -> kernels.Kernel:
    """Return the kernel, building it if need be."""
    return kernels.get(name, hz=hz, reporter=reporter)


def run_place(out: Path | None, experiment: str, seed: int) -> Path:
    """Return where a run goes: ``--out``, or a name with today's date in the runs directory.

    Raises:
        RequestError: it exists already.
        LabFailure: there is no room.
    """
    from hhf_testbed.store.run_directory import free_bytes

    stamp = time.strftime("%Y%m%d-%H%M%S")
    target = out.absolute() if out else paths.runs_dir() / f"{experiment}-{stamp}-seed{seed}"
    if target.exists():
        raise RequestError(f"{target} exists already; a run is written once, to a new directory")
    free = free_bytes(target)
    if free < DISK_BYTES_PER_RUN:
        raise LabFailure(
            f"{target.parent} has {free // 2**20} MiB that this user can write; a run needs "
            f"{DISK_BYTES_PER_RUN // 2**20}; choose another place with --out or HHF_RUNS"
        )
    return target
