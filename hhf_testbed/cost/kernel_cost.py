# SPDX-License-Identifier: GPL-2.0-or-later
"""Measures the kernel's own sch_hhf in a guest."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np

from hhf_testbed import guests
from hhf_testbed.compiled.benchmark import (
    BURST,
    BYTES_PER_S,
    MIXES,
    PATTERN,
    STANDING,
    laps,
    traffic,
)
from hhf_testbed.cost.measured import Measured
from hhf_testbed.cost.passes import PHASES, Pass, disturbed, undisturbed
from hhf_testbed.cost.tick_clock import TickClock
from hhf_testbed.errors import LabFailure
from hhf_testbed.kernel_modules import compiled_module, hhf_source
from hhf_testbed.kernels import Kernel
from hhf_testbed.paths import package_dir

PASSES: Final = 5
"""Of each mix in one guest; odd, for the median, and more than two may be interrupted."""
PLAY: Final = """\
set -e
insmod "$1"
cost=$2
passes=$3
shift 3
ip link add hhf-cost type dummy
tc qdisc add dev hhf-cost root hhf
insmod "$cost" device=hhf-cost "$@"
for traffic in *.traffic; do
    cat $traffic > /proc/hhf_cost
    for pass in $(seq "$passes"); do
        cat /proc/hhf_cost > $traffic.$pass
    done
done
"""
WALL_DEADLINE_S: Final = 600.0
"""Ten million packets, the most that can be asked for, took 30 s of a processor."""


@dataclass(frozen=True)
class KernelCost:
    """A kernel that is ready to be measured. ``hhf`` and ``cost`` are modules."""

    kernel: Kernel
    hhf: Path
    cost: Path
    clock: TickClock

    @classmethod
    def of(cls, kernel: Kernel) -> Self:
        """Make ready. Raises LabFailure."""
        clock = TickClock()
        own = package_dir() / "cost" / "hhf_cost.c"
        sources = {"hhf_cost.c": own, "sch_hhf.c": hhf_source(kernel)}
        cost = compiled_module(kernel, "hhf_cost", sources)
        return cls(kernel, kernel.module("sch_hhf"), cost, clock)

    def measure(self, packets: int, *, seed: int = 1) -> dict[str, Measured]:
        """Return what each mix costs, in a guest of its own; at least so many packets a pass.

        Raises:
            LabFailure: the guest or the module failed, or packets were lost.
        """
        sent = laps(packets) * PATTERN
        with tempfile.TemporaryDirectory(prefix="hhf-cost-") as name:
            files = Path(name)
            for mix, heavy_share in MIXES.items():
                packed = np.array(traffic(heavy_share), "<u4").tobytes()
                (files / f"{mix}.traffic").write_bytes(packed)
            before = self.clock.read()
            self._boot(files, packets, seed)
            ticks_per_ns = before.ticks_per_ns(self.clock.read())
            return {mix: _judge(_passes(files, mix, sent), ticks_per_ns) for mix in MIXES}

    def _boot(self, files: Path, packets: int, seed: int) -> None:
        settings = (
            f"burst={BURST}",
            f"standing={STANDING}",
            f"laps={laps(packets)}",
            f"bytes_per_jiffy={BYTES_PER_S // self.kernel.hz}",
        )
        command = guests.GuestCommand(
            ("sh", "-c", PLAY, "sh", str(self.hhf), str(self.cost), str(PASSES), *settings),
            output=files,
            cwd=guests.OUTPUT,
            seed=seed,
            wall_deadline_s=WALL_DEADLINE_S,
            cpu=min(os.sched_getaffinity(0)),
        )
        result = guests.run(self.kernel, command, modules=())
        if result.status != 0:
            said = result.stderr.decode(errors="replace").strip() or "nothing"
            raise LabFailure(
                f"the guest that measured ended with status {result.status}; it said: {said}"
            )


def _passes(files: Path, mix: str, packets: int) -> list[Pass]:
    names = [files / f"{mix}.traffic.{number}" for number in range(1, PASSES + 1)]
    return [Pass.parse(name.read_bytes(), packets=packets, burst=BURST) for name in names]


def _judge(passes: list[Pass], ticks_per_ns: float) -> Measured:
    alone, among_others = (
        {phase: ticks[phase] / ticks_per_ns for phase in PHASES}
        for ticks in (undisturbed(passes), disturbed(passes))
    )
    return Measured(
        cpu_ns=alone["enqueue"] + alone["dequeue"],
        wall_ns=among_others["enqueue"] + among_others["dequeue"],
        admitted=passes[0].admitted,
        phases_ns=alone,
    )
