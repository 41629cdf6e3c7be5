# SPDX-License-Identifier: GPL-2.0-or-later
"""For tests that boot a real kernel: the kernel, and one call that runs a command in a guest."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hhf_testbed import guests, kernels
from hhf_testbed.guests import GuestResult
from hhf_testbed.kernels import Kernel

Guest = Callable[..., GuestResult]
WALL_DEADLINE_S = 60.0


@pytest.fixture(scope="session")
def kernel() -> Kernel:
    """The newest kernel of the cache; none is a failure, because nothing would have been tested."""
    found = kernels.find()
    if found is None:
        newest = kernels.available()[-1:] or ["6.12"]
        pytest.fail(f"no kernel is cached; this builds it: ./hhf kernel build {newest[0]}")
    return found


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """The one host directory that ``guest`` may write."""
    (tmp_path / "output").mkdir()
    return tmp_path / "output"


@pytest.fixture
def guest(kernel: Kernel, output: Path) -> Guest:
    """Run a command in a guest: its arguments, and fields of GuestCommand or keywords of run."""

    def run(*argv: str, **more: Any) -> GuestResult:
        passed_on = {
            name: more.pop(name) for name in ("stdout", "stderr", "poll", "modules") if name in more
        }
        values = {"output": output, "wall_deadline_s": WALL_DEADLINE_S, **more}
        return guests.run(kernel, guests.GuestCommand(argv, **values), **passed_on)

    return run
