# SPDX-License-Identifier: GPL-2.0-or-later
"""Bytes through the bottleneck, per flow and in all."""

import numpy as np

from hhf_testbed.analysis.passage import Passage
from hhf_testbed.analysis.series import Floats, FlowThroughput
from hhf_testbed.tc.shaper import Shaper

BIN_S = 0.5
"""25 round trips of the default scenario, and 2000 full packets at its rate."""


def flow_throughputs(passage: Passage, end_s: float) -> tuple[FlowThroughput, ...]:
    """Return the throughput of each flow, in whole bins up to ``end_s``."""
    bins = int(end_s / BIN_S)
    starts_s: Floats = np.arange(bins, dtype=np.float64) * BIN_S
    leave_s = passage.seconds(passage.leave_ns)
    number = np.floor_divide(leave_s, BIN_S)
    inside = (number >= 0) & (number < bins)
    places = passage.flow[inside] * bins + number[inside].astype(np.int64)
    counts = np.bincount(places, passage.len_bytes[inside], bins * len(passage.flows))
    bps = counts.reshape(len(passage.flows), bins) * 8 / BIN_S
    return tuple(
        FlowThroughput(flow.name, flow.traffic, starts_s, bps[index])
        for index, flow in enumerate(passage.flows)
    )


def utilisation(passage: Passage, shaper: Shaper, window_s: tuple[float, float]) -> float:
    """Return the share of a time in which the shaper was paid for.

    HTB charges ``service_ns`` for a packet, so 1 is all that it allows. A window that cuts through
    a packet at each end may show up to two packets more or less.
    """
    leave_s = passage.seconds(passage.leave_ns)
    inside = (leave_s >= window_s[0]) & (leave_s < window_s[1])
    lengths, counts = np.unique(passage.len_bytes[inside], return_counts=True)
    busy_ns = sum(
        shaper.service_ns(length) * count
        for length, count in zip(lengths.tolist(), counts.tolist(), strict=True)
    )
    return float(busy_ns) / ((window_s[1] - window_s[0]) * 1e9)
