# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the reference model over a trial of hhf and puts what it says into a ``Prediction``."""

from dataclasses import asdict

import numpy as np

from hhf_testbed.analysis.passage import NEVER, Passage
from hhf_testbed.analysis.record import TrialRecord
from hhf_testbed.analysis.replay import Clock, Replay, replay, sharing_bound
from hhf_testbed.analysis.series import Ints, Prediction, Probe, Queue
from hhf_testbed.analysis.shaped import predict_alone
from hhf_testbed.model import Hhf
from hhf_testbed.params import HhfParams

HEAVY, OTHERS = "heavy hitters", "others"
LONG_BEFORE_NS = 1_000_000_000
"""On top of the reset time-out; a hundred ticks of the slowest kernel clock."""


def replayed(record: TrialRecord, packets: Passage) -> Replay:
    """Replay the trial with the service that was captured."""
    return replay(packets, new_model(record), clock(record), record.sample_ns.tolist())


def clock(record: TrialRecord) -> Clock:
    """Return the clock of the trial's kernel."""
    environment = record.environment
    return Clock(environment["hz"], environment["realtime_minus_monotonic_ns"])


def new_model(record: TrialRecord) -> Hhf:
    """Return a model with the parameters that the kernel read back, made when the qdisc was.

    When it was made only matters if the first packet comes within the reset time-out: a later one
    resets filter F, and all resets to come are counted from there. An environment that does not
    tell (``bottleneck_made_ns``, CLOCK_REALTIME) is taken to have made it long before.
    """
    environment = record.environment
    params = HhfParams(**environment["bottleneck"]["leaf_options"])
    long_before_ns = record.started_ns - params.reset_timeout_us * 1000 - LONG_BEFORE_NS
    made_ns = int(environment.get("bottleneck_made_ns", long_before_ns))
    time = clock(record)
    return Hhf(params, hz=time.hz, now_jiffies=time.jiffies(made_ns))


def predict(
    record: TrialRecord, packets: Passage, played: Replay, probe: Probe, requests: Ints
) -> Prediction:
    """Put a prediction together.

    Args:
        record: the trial.
        packets: its packets.
        played: what the model did with them.
        probe: the measured probes.
        requests: the packet of each of these.
    """
    alone_ns = predict_alone(packets, new_model(record), clock(record), record.shaper)
    reset_ns = int(record.environment["bottleneck"]["leaf_options"]["reset_timeout_us"]) * 1000
    return Prediction(
        leave_s=packets.seconds(played.leave_ns),
        probe=_probe(packets, played, probe, requests),
        queue=Queue(
            (record.sample_ns - record.started_ns) / 1e9,
            {HEAVY: played.heavy, OTHERS: played.others},
        ),
        same_packet=played.same / max(1, played.departures),
        same_drops=_same_drops(record, packets, played),
        first_difference=played.first_difference,
        heavy_hitters=tuple(
            (packets.flows[flow].name, (time_ns - packets.started_ns) / 1e9)
            for flow, time_ns in played.admissions
        ),
        xstats=asdict(played.xstats),
        alone_leave_s=packets.seconds(alone_ns),
        hash_sharing_bound=sharing_bound(packets, reset_ns),
    )


def _probe(packets: Passage, played: Replay, probe: Probe, requests: Ints) -> Probe:
    """Replace the time that each request spent in the queue by what the model says."""
    predicted_ns, measured_ns = played.leave_ns[requests], packets.leave_ns[requests]
    known = (predicted_ns != NEVER) & (measured_ns != NEVER)
    change_ms = (predicted_ns - measured_ns)[known] / 1e6
    return Probe(probe.time_s[known], probe.rtt_ms[known] + change_ms, probe.sent)


def _same_drops(record: TrialRecord, packets: Passage, played: Replay) -> bool:
    """Whether the same packets never left, and as many were dropped by the last sample.

    What never left was dropped or is still inside at the end; only the model can tell them apart.
    """
    same = np.array_equal(played.leave_ns == NEVER, packets.leave_ns == NEVER)
    return bool(same and played.drops == record.leaf[-1]["drops"])
