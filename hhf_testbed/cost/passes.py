# SPDX-License-Identifier: GPL-2.0-or-later
"""What the module measured: ticks of every burst, and the counts that say all packets came out."""

import struct
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from hhf_testbed.errors import LabFailure

HEAD: Final = struct.Struct("<5Q")
PHASES: Final = ("hash", "classify", "enqueue", "dequeue")
Ticks = npt.NDArray[np.uint32]


@dataclass(frozen=True)
class Pass:
    """``struct result`` of hhf_cost.c.

    Attributes:
        enqueued, dequeued, left, drops: packets; ``left`` were in the queue at the end.
        admitted: heavy hitters.
        ticks: by burst and phase (``PHASES``).
    """

    enqueued: int
    dequeued: int
    left: int
    drops: int
    admitted: int
    ticks: Ticks

    @classmethod
    def parse(cls, data: bytes, *, packets: int, burst: int) -> Self:
        """Read a pass of so many packets.

        Raises:
            LabFailure: it is cut off, or packets were lost, dropped or invented.
        """
        due_bytes = HEAD.size + packets // burst * len(PHASES) * 4
        if len(data) != due_bytes:
            raise LabFailure(f"the module hhf_cost gave {len(data)} bytes instead of {due_bytes}")
        ticks = np.frombuffer(data, "<u4", offset=HEAD.size).reshape(-1, len(PHASES))
        enqueued, dequeued, left, drops, admitted = HEAD.unpack_from(data)
        found = cls(enqueued, dequeued, left, drops, admitted, ticks)
        found._check(packets)
        return found

    def _check(self, packets: int) -> None:
        if self.drops or not packets == self.enqueued == self.dequeued + self.left:
            raise LabFailure(
                f"of {packets} packets {self.enqueued} were enqueued, {self.dequeued} dequeued, "
                f"{self.left} left in the queue and {self.drops} dropped; allowed is no loss"
            )
        if not self.ticks.any(axis=0).all():
            raise LabFailure("the time-stamp counter stood still in the guest")


def undisturbed(passes: list[Pass]) -> dict[str, float]:
    """Return each phase's ticks per packet, without what interrupted it.

    The same burst is the same work in each pass. The processor may be given to others in the
    middle of one, but hardly at the same burst each time: the median over the passes is free of it.
    """
    ticks = np.stack([each.ticks for each in passes])
    total = np.median(ticks, axis=0).sum(axis=0)
    return _by_phase(total, passes[0].enqueued)


def disturbed(passes: list[Pass]) -> dict[str, float]:
    """Return each phase's ticks per packet, with all that came between."""
    total = np.stack([each.ticks for each in passes]).mean(axis=0, dtype=float).sum(axis=0)
    return _by_phase(total, passes[0].enqueued)


def _by_phase(total: npt.NDArray[np.float64], packets: int) -> dict[str, float]:
    return dict(zip(PHASES, (total / packets).tolist(), strict=True))
