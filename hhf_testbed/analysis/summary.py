# SPDX-License-Identifier: GPL-2.0-or-later
"""The figures of one trial, as plain JSON values with units in their names and a fixed order.

Unless said otherwise they are about ``window_s``; a probe, packet or flow belongs to it by the
time at which it came to the bottleneck. What cannot be known is None.
"""

from typing import Any

import numpy as np

from hhf_testbed.analysis.series import (
    CLASSES,
    Bools,
    Floats,
    Prediction,
    Probe,
    TrialSeries,
)
from hhf_testbed.analysis.statistics import jain, percentiles, rounded


def summarise(series: TrialSeries) -> dict[str, Any]:
    """Return all figures of a trial."""
    predicted = series.prediction
    return {
        "qdisc": series.qdisc,
        "rate_bps": series.rate_bps,
        "window_s": list(series.window_s),
        "rtt_idle": percentiles(_rtt_ms(series.probe, (0.0, series.idle_s))),
        "rtt_load": percentiles(_rtt_ms(series.probe, series.window_s)),
        "probe_sent": series.probe.sent,
        "probe_lost": series.probe.sent - len(series.probe.rtt_ms),
        "fct": _completion(series),
        "sojourn": _sojourn(series, series.transit.leave_s),
        "throughput_bps": _throughput_bps(series),
        "share": _share(series),
        "bulk_bps": rounded(float(sum(_bulk_bps(series)))),
        "bulk_fairness_jain": jain(_bulk_bps(series)),
        "utilisation": rounded(series.utilisation),
        "drops_packets": series.drops,
        "xstats": dict(series.xstats),
        "model": _model(series, predicted) if predicted else None,
    }


def _rtt_ms(probe: Probe, window_s: tuple[float, float]) -> Floats:
    return probe.rtt_ms[_within(probe.time_s, window_s)]


def _within(time_s: Floats, window_s: tuple[float, float]) -> Bools:
    return (time_s >= window_s[0]) & (time_s < window_s[1])


def _completion(series: TrialSeries) -> dict[str, Any]:
    """Completion times of all short flows; they only start in the window."""
    times_ms = [flow.fct_ms for flow in series.short_flows if flow.fct_ms is not None]
    return {
        "started": len(series.short_flows),
        "finished": len(times_ms),
        **percentiles(np.array(times_ms, np.float64), (50, 95)),
    }


def _sojourn(series: TrialSeries, leave_s: Floats) -> dict[str, dict[str, Any]]:
    """Time from arrival to departure, by class."""
    transit = series.transit
    known = _within(transit.arrive_s, series.window_s) & ~np.isnan(leave_s)
    spent_ms = (leave_s - transit.arrive_s) * 1000
    return {
        traffic: percentiles(spent_ms[known & (transit.traffic == number)])
        for number, traffic in enumerate(CLASSES)
    }


def _throughput_bps(series: TrialSeries) -> dict[str, float]:
    """What each flow got; iperf3's control connections and short flows are in ``share`` only."""
    got_bps = _flow_bps(series)
    return {
        flow.name: rounded(float(got_bps[number]))
        for number, flow in enumerate(series.flows)
        if flow.traffic != "short" and not flow.name.endswith(" control")
    }


def _flow_bps(series: TrialSeries) -> Floats:
    transit = series.transit
    left = _within(transit.leave_s, series.window_s)
    got = np.bincount(transit.flow[left], transit.len_bytes[left], len(series.flows))
    return got * 8 / (series.window_s[1] - series.window_s[0])


def _bulk_bps(series: TrialSeries) -> Floats:
    got_bps = _flow_bps(series)
    return np.array(
        [
            got_bps[number]
            for number, flow in enumerate(series.flows)
            if flow.traffic == "bulk" and not flow.name.endswith(" control")
        ],
        np.float64,
    )


def _share(series: TrialSeries) -> dict[str, float]:
    """Share of each class in the bytes that left."""
    transit = series.transit
    left = _within(transit.leave_s, series.window_s)
    got = np.bincount(transit.traffic[left], transit.len_bytes[left], len(CLASSES))
    total = max(1.0, float(got.sum()))
    return {traffic: rounded(float(got[n]) / total) for n, traffic in enumerate(CLASSES)}


def _model(series: TrialSeries, predicted: Prediction) -> dict[str, Any]:
    """What the model says beside what was measured.

    ``error``: by packet, size of the difference of the two times in the queue. ``error_alone``:
    the same if the shaper is computed, too, and no captured departure is used.
    """
    return {
        "same_packet_share": rounded(predicted.same_packet),
        "same_drops": predicted.same_drops,
        "first_difference": predicted.first_difference,
        "rtt_load": percentiles(_rtt_ms(predicted.probe, series.window_s)),
        "sojourn": _sojourn(series, predicted.leave_s),
        "error": _error(series, predicted.leave_s),
        "error_alone": _error(series, predicted.alone_leave_s),
        "heavy_hitters": [
            {"flow": name, "admitted_s": rounded(time_s)}
            for name, time_s in predicted.heavy_hitters
        ],
        "xstats": dict(predicted.xstats),
        "xstats_same": dict(predicted.xstats) == dict(series.xstats),
        "hash_sharing_bound": (
            None if predicted.hash_sharing_bound is None else rounded(predicted.hash_sharing_bound)
        ),
    }


def _error(series: TrialSeries, leave_s: Floats | None) -> dict[str, Any] | None:
    if leave_s is None:
        return None
    transit = series.transit
    off_ms = np.abs(leave_s - transit.leave_s) * 1000
    off_ms = off_ms[_within(transit.arrive_s, series.window_s) & ~np.isnan(off_ms)]
    return percentiles(off_ms) | {"max_ms": rounded(float(off_ms.max())) if len(off_ms) else None}
