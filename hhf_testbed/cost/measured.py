# SPDX-License-Identifier: GPL-2.0-or-later
"""What one mix of flows costs one subject, the kernel or the model, in one round."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Measured:
    """Nanoseconds per packet, through enqueue and dequeue.

    Attributes:
        cpu_ns: on the processor: of the model its process's time; of the kernel by the
            time-stamp counter, without what interrupted it.
        wall_ns: with interruptions.
        admitted: heavy hitters.
        phases_ns: of the kernel only. ``enqueue`` and ``dequeue`` add up to ``cpu_ns``;
            ``classify`` is a part of enqueue and ``hash`` of classify, each measured alone.
    """

    cpu_ns: float
    wall_ns: float
    admitted: int
    phases_ns: Mapping[str, float] = field(default_factory=dict)
