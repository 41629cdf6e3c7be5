# SPDX-License-Identifier: GPL-2.0-or-later
"""Rounds: in each one all subjects take their turn, so what slows the machine slows them all."""

from collections.abc import Callable, Mapping
from itertools import count
from typing import Final

from hhf_testbed.cost.kernel_cost import KernelCost
from hhf_testbed.cost.measured import Measured
from hhf_testbed.cost.model_cost import ModelCost

PLAIN: Final = "model, plain"
COMPILED: Final = "model, compiled"
KERNEL: Final = "kernel"

Round = Mapping[str, Mapping[str, Measured]]
"""By subject and mix."""
Turn = Callable[[int], Mapping[str, Measured]]
"""Measures one subject, given the number of the round."""


def turns(packets: int, hz: int, *, compiled: bool, kernel: KernelCost | None) -> dict[str, Turn]:
    """Return the subjects that are to be measured."""
    found: dict[str, Turn] = {PLAIN: lambda _: ModelCost(False, hz).measure(packets)}
    if compiled:
        found[COMPILED] = lambda _: ModelCost(True, hz).measure(packets)
    if kernel:
        found[KERNEL] = lambda number: kernel.measure(packets, seed=number)
    return found


def play_rounds(
    subjects: Mapping[str, Turn], rounds: int, tell: Callable[[int], None] = lambda _: None
) -> list[Round]:
    """Return what was measured; ``tell`` hears after each turn how many are done.

    Raises:
        LabFailure: as the subjects do.
    """
    done = count(1)

    def take(turn: Turn, number: int) -> Mapping[str, Measured]:
        measured = turn(number)
        tell(next(done))
        return measured

    return [
        {name: take(turn, number) for name, turn in subjects.items()}
        for number in range(1, rounds + 1)
    ]
