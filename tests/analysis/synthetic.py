# SPDX-License-Identifier: GPL-2.0-or-later
"""Made-up trials with the shape of real ones; drawn from a seed, so always the same."""

import numpy as np

from hhf_testbed.analysis.series import (
    FlowThroughput,
    Prediction,
    Probe,
    Queue,
    ShortFlow,
    Transit,
    TrialSeries,
)
from hhf_testbed.scenario import Scenario

IDLE_S, END_S, WINDOW_S = 5.0, 30.0, (10.0, 30.0)
SCENARIO = Scenario(rtt_ms=20.0, idle_s=5.0, load_s=25.0, warmup_s=5.0)
QUEUEING_MS = {"pfifo": 230.0, "fq_codel": 3.0, "hhf": 4.0}


def trial(qdisc="hhf", *, packets=3000, short_flows=40, seed=1):
    """A trial in which the load adds about ``QUEUEING_MS`` to a base RTT of 20 ms."""
    rng = np.random.default_rng(seed)
    extra_ms = QUEUEING_MS.get(qdisc, 50.0)
    probe = _probe(rng, extra_ms)
    transit = _transit(rng, extra_ms, packets)
    queue = Queue(
        transit.arrive_s,
        {
            "bulk": rng.integers(600, 1000, packets),
            "short": rng.integers(0, 20, packets),
            "probe": rng.integers(0, 2, packets),
        },
    )
    return TrialSeries(
        qdisc=qdisc,
        rate_bps=50_000_000,
        idle_s=IDLE_S,
        window_s=WINDOW_S,
        probe=probe,
        flows=_flows(rng),
        short_flows=tuple(
            ShortFlow(
                f"short-{n:04d}", 10 + n / 3, 50_000, 3 * (20 + extra_ms) + rng.uniform(0, 30)
            )
            for n in range(short_flows)
        ),
        transit=transit,
        queue=queue,
        xstats={"drop_overlimit": 10} if qdisc == "hhf" else {},
        drops=10,
        utilisation=0.99,
        prediction=_prediction(probe, transit, queue) if qdisc == "hhf" else None,
    )


def _probe(rng, extra_ms):
    time_s = np.arange(0, END_S, 0.02)
    rtt_ms = 20 + np.where(time_s < IDLE_S, 0, extra_ms * rng.uniform(0.8, 1, len(time_s)))
    return Probe(time_s, rtt_ms, len(time_s))


def _transit(rng, extra_ms, packets):
    arrive_s = np.sort(rng.uniform(IDLE_S, END_S, packets))
    leave_s = arrive_s + extra_ms / 1000 * rng.uniform(0.1, 1, packets)
    leave_s[::100] = np.nan
    kinds = rng.choice(3, packets, p=(0.9, 0.06, 0.04))
    return Transit(arrive_s, leave_s, np.full(packets, 1514), kinds, kinds)


def _flows(rng):
    time_s = np.arange(0, END_S, 0.5)
    share = np.where(time_s < IDLE_S, 0, 12e6)
    flows = [
        FlowThroughput(f"bulk-{n:03d}", "bulk", time_s, share * rng.uniform(0.9, 1.1, len(time_s)))
        for n in range(1, 5)
    ]
    return (*flows, FlowThroughput("probe", "probe", time_s, np.full(len(time_s), 39_200.0)))


def _prediction(probe, transit, queue):
    return Prediction(
        leave_s=transit.leave_s,
        probe=probe,
        queue=Queue(
            queue.time_s,
            {
                "heavy hitters": queue.packets["bulk"],
                "others": queue.packets["short"] + queue.packets["probe"],
            },
        ),
        same_packet=1.0,
        same_drops=True,
        first_difference="",
        heavy_hitters=(("bulk-001", 5.2),),
        xstats={"drop_overlimit": 10},
    )
