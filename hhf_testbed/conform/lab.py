# SPDX-License-Identifier: GPL-2.0-or-later
"""Plays scenarios on a real kernel: many of them in one guest, each with a fresh qdisc."""

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from hhf_testbed import guests
from hhf_testbed.conform import tools
from hhf_testbed.conform.program import compile_program
from hhf_testbed.conform.recording import DriverFailed, Recording, read_recordings
from hhf_testbed.conform.scenario import Scenario
from hhf_testbed.errors import LabFailure
from hhf_testbed.kernels import Kernel

PLAY: Final = """\
set -e
insmod "$1"
insmod "$2"
for file in /proc/sys/net/ipv6/conf/default/disable_ipv6; do
    [ ! -e $file ] || echo 1 > $file
done
exec "$3" "$4" program requests log replies
"""
DEADLINE_S: Final = 1e8
"""Of the guest's clock: a scenario may wait long, at no cost."""
WALL_DEADLINE_S: Final = 600.0
PANIC: Final = "Kernel panic"
"""What the console of a UML kernel says before it ends; so it does after every oops."""


NO_STATUS: Final = "without an exit status"
"""What guests.uml says when the trace after a panic leaves no room for the panic itself."""


class GuestLost(LabFailure):
    """The kernel hung or panicked, which for some scenarios is the answer."""


@dataclass(frozen=True)
class Lab:
    """A kernel and the programs for it. ``hhf`` and ``key`` are modules, ``driver`` a program."""

    kernel: Kernel
    hhf: Path
    key: Path
    driver: Path

    @classmethod
    def of(cls, kernel: Kernel, source: Path | None = None) -> Self:
        """Make ready; ``source`` is a changed sch_hhf.c to test. Raises LabFailure."""
        module = tools.hhf_module(kernel, source) if source else kernel.module("sch_hhf")
        key = tools.key_module(kernel, source or tools.own_source(kernel))
        return cls(kernel, module, key, tools.driver())

    def play(
        self,
        scenarios: Sequence[Scenario],
        *,
        seed: int = 1,
        cpu: int | None = None,
        poll: Callable[[], None] = lambda: None,
        wall_deadline_s: float = WALL_DEADLINE_S,
    ) -> list[Recording]:
        """Play the scenarios in one guest, one after the other.

        Raises:
            GuestLost: the guest's kernel panicked, or did not end within the deadline.
            DriverFailed: the kernel refused what every kernel must take.
            LabFailure: the guest failed in another way.
        """
        with tempfile.TemporaryDirectory(prefix="hhf-conform-") as name:
            files = Path(name)
            program = compile_program(scenarios)
            (files / "program").write_bytes(program.ops)
            (files / "requests").write_bytes(program.requests)
            self._boot(files, seed, cpu, poll, wall_deadline_s)
            return list(read_recordings(scenarios, program, files / "log", files / "replies"))

    def _boot(
        self,
        files: Path,
        seed: int,
        cpu: int | None,
        poll: Callable[[], None],
        wall_deadline_s: float,
    ) -> None:
        programs = (str(path) for path in (self.hhf, self.key, self.driver))
        command = guests.GuestCommand(
            ("sh", "-c", PLAY, "sh", *programs, str(self.kernel.hz)),
            output=files,
            cwd=guests.OUTPUT,
            seed=seed,
            deadline_s=DEADLINE_S,
            wall_deadline_s=wall_deadline_s,
            cpu=cpu,
        )
        result = _run(self.kernel, command, poll)
        if result.status != 0:
            said = result.stderr.decode(errors="replace").strip() or "nothing"
            raise DriverFailed(f"the driver ended with status {result.status}; it said: {said}")


def _run(
    kernel: Kernel, command: guests.GuestCommand, poll: Callable[[], None]
) -> guests.GuestResult:
    """Run the guest, and tell a kernel that hung or panicked from a lab that failed."""
    started = time.monotonic()
    try:
        return guests.run(kernel, command, modules=(), poll=poll)
    except LabFailure as failure:
        late = time.monotonic() - started >= command.wall_deadline_s
        if late or any(word in str(failure) for word in (PANIC, NO_STATUS)):
            raise GuestLost(str(failure)) from failure
        raise
