# SPDX-License-Identifier: GPL-2.0-or-later
"""Passes as the module writes them, made up."""

from collections.abc import Sequence

import numpy as np

from hhf_testbed.cost.passes import HEAD


def made_up(
    bursts: Sequence[Sequence[int]], *, enqueued: int, dequeued: int, left: int, drops: int = 0
) -> bytes:
    """Return the bytes of ``struct result``; each burst has ticks of the four phases."""
    head = HEAD.pack(enqueued, dequeued, left, drops, 0)
    return head + np.array(bursts, "<u4").tobytes()
