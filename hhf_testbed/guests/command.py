# SPDX-License-Identifier: GPL-2.0-or-later
"""What a guest is asked to do, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from hhf_testbed.errors import RequestError

Clock = Literal["virtual", "real"]
CLOCKS = get_args(Clock)

SEED_MAX = 2**64 - 1
MEMORY_MIB = range(128, 65_537)
"""Below 128 MiB a Debian userland with Mininet does not start; UML maps at most 64 GiB here."""


@dataclass(frozen=True)
class GuestCommand:
    """One command for one guest.

    Attributes:
        argv: the program and its arguments, as seen inside the guest.
        output: the one host directory that the guest may write.
        cwd: working directory inside the guest.
        env: variables beyond the fixed, clean environment of every guest.
        clock: ``virtual`` jumps to the next timer when all sleep; ``real`` follows the host.
        seed: seeds everything random in the guest, 0 to 2^64-1.
        deadline_s: how long the command may take by the guest's own clock.
        wall_deadline_s: how long the guest may take by the host's clock, boot included.
        memory_mib: memory of the guest; the host gives a page when it is touched.
        cpu: host processor to stay on; a guest is two processes that hand over to each other at
            every system call, which on one processor is more than twice as fast.

    Raises:
        RequestError: a value is out of its range.
    """

    argv: tuple[str, ...]
    output: Path
    cwd: Path = Path("/")
    env: Mapping[str, str] = field(default_factory=dict)
    clock: Clock = "virtual"
    seed: int = 1
    deadline_s: float = 3600.0
    wall_deadline_s: float = 600.0
    memory_mib: int = 1024
    cpu: int | None = None

    def __post_init__(self) -> None:
        if not self.argv:
            raise RequestError("a guest was given no command; allowed is a program and arguments")
        if self.clock not in CLOCKS:
            raise RequestError(f"clock is {self.clock!r}; allowed: {', '.join(CLOCKS)}")
        if not 0 <= self.seed <= SEED_MAX:
            raise RequestError(f"seed is {self.seed}; allowed is 0 to {SEED_MAX}")
        for name in ("deadline_s", "wall_deadline_s"):
            if not 0 < getattr(self, name) <= 1e9:
                raise RequestError(f"{name} is {getattr(self, name)}; allowed is above 0 to 1e9")
        if self.memory_mib not in MEMORY_MIB:
            raise RequestError(
                f"memory_mib is {self.memory_mib}; "
                f"allowed is {MEMORY_MIB.start} to {MEMORY_MIB.stop - 1}"
            )


@dataclass(frozen=True)
class GuestResult:
    """What came out of a guest that reported an exit status.

    ``wall_s`` is the host's time from start to power-off, in seconds.
    """

    status: int
    stdout: bytes
    stderr: bytes
    console: str
    wall_s: float
