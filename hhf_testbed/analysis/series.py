# SPDX-License-Identifier: GPL-2.0-or-later
"""What a finished trial looks like to everything that judges or draws it. Pure values.

All times are seconds after the first probe (``started_ns`` of environment.json); the load starts at
``idle_s`` and is judged in ``window_s``. Classes of traffic are "bulk", "short" and "probe".
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

CLASSES = ("bulk", "short", "probe")


@dataclass(frozen=True)
class Probe:
    """RTT probes, one element per answer: when it was sent, and its round-trip time."""

    time_s: Floats
    rtt_ms: Floats
    sent: int


@dataclass(frozen=True)
class FlowThroughput:
    """What one flow got through the bottleneck, in bins of equal length.

    ``time_s`` are the starts of the bins; ``bps`` counts IP packets with their Ethernet header.
    """

    name: str
    traffic: str
    time_s: Floats
    bps: Floats


@dataclass(frozen=True)
class ShortFlow:
    """One short flow. ``fct_ms`` is from its SYN-ACK reaching the bottleneck to the last packet
    that carries its data leaving it, by the capture; None if it did not finish."""

    name: str
    start_s: float
    size_bytes: int
    fct_ms: float | None


@dataclass(frozen=True)
class Transit:
    """Every packet that reached the bottleneck, in order of arrival.

    ``traffic`` indexes CLASSES; ``flow`` indexes the trial's flows. ``leave_s`` is NaN where the
    qdisc dropped the packet. Lengths include the Ethernet header, as the qdisc counts them.
    """

    arrive_s: Floats
    leave_s: Floats
    len_bytes: Ints
    traffic: Ints
    flow: Ints


@dataclass(frozen=True)
class Queue:
    """Packets waiting at the bottleneck over time, by a name such as a class or a WDRR bucket."""

    time_s: Floats
    packets: dict[str, Ints]


@dataclass(frozen=True)
class Prediction:
    """What the reference model says about the same arrivals and the same service.

    Attributes:
        leave_s: per packet of ``Transit``, NaN where the model dropped it.
        probe: predicted probes: measured RTT less measured queueing plus predicted queueing.
        queue: by WDRR bucket, "heavy hitters" and "others".
        same_packet: share of the kernel's departures for which the model named the same packet.
        same_drops: whether model and kernel dropped exactly the same packets.
        first_difference: one sentence about the first departure that differs; empty if none does.
        heavy_hitters: names of flows that the model admitted, with the time of admission in s.
        xstats: the model's xstats at the last sample, by the kernel's names.
        alone_leave_s: as ``leave_s``, but from the arrivals alone: HTB is computed too, and no
            captured departure is used. What is wrong here and right there is the shaper.
        hash_sharing_bound: the probability that the unknown hashes mattered is below this.
    """

    leave_s: Floats
    probe: Probe
    queue: Queue
    same_packet: float
    same_drops: bool
    first_difference: str
    heavy_hitters: tuple[tuple[str, float], ...]
    xstats: dict[str, int]
    alone_leave_s: Floats | None = None
    hash_sharing_bound: float | None = None


@dataclass(frozen=True)
class TrialSeries:
    """One trial.

    Attributes:
        qdisc: its label in tables and figures, such as "hhf".
        rate_bps: what the bottleneck was shaped to.
        idle_s: when the load began.
        window_s: start and end of the part of the load that is judged.
        xstats: the kernel's own counts at the end, by name; empty if it has none.
        drops: packets that the qdisc dropped, by the kernel's count.
        utilisation: bytes through the bottleneck in the window over what the rate allows.
        prediction: only for hhf.
    """

    qdisc: str
    rate_bps: int
    idle_s: float
    window_s: tuple[float, float]
    probe: Probe
    flows: tuple[FlowThroughput, ...]
    short_flows: tuple[ShortFlow, ...]
    transit: Transit
    queue: Queue
    xstats: dict[str, int]
    drops: int
    utilisation: float
    prediction: Prediction | None
