# SPDX-License-Identifier: GPL-2.0-or-later
"""A title and a caption for each figure, for a reader who knows none of this."""

from collections.abc import Callable, Sequence
from typing import Final

from hhf_testbed.analysis.facts import FRAME_BYTES, service_ms
from hhf_testbed.analysis.plots.axes import plain
from hhf_testbed.analysis.plots.flows import carries_bulk
from hhf_testbed.analysis.series import TrialSeries

TITLES: Final[dict[str, str]] = {
    "rtt-over-time": "Round-trip time over time",
    "rtt-cdf": "How long round trips take under load",
    "fct-cdf": "How long short flows take",
    "throughput": "What each flow gets",
    "queue": "What waits at the bottleneck",
    "model": "The model against the kernel",
}


def caption(name: str, trials: Sequence[TrialSeries]) -> str:
    """What a figure shows and how to read it, with the numbers of these trials.

    Raises:
        KeyError: there is no figure of that name.
    """
    return _CAPTIONS[name](trials)


def _rtt_over_time(trials: Sequence[TrialSeries]) -> str:
    return (
        "Round-trip time of small probe packets that share one bottleneck of "
        f"{_rate(trials[0])} with all other traffic, for each way of queueing (qdisc) at that "
        f"bottleneck. Nothing else is sent in the grey phase; after {plain(trials[0].idle_s)} s, "
        f"{_bulk(trials[0])} start, and later short flows too. {_window(trials[0])} "
        "The vertical axis is logarithmic: equal distances are equal ratios. Lower is better."
    )


def _rtt_cdf(_trials: Sequence[TrialSeries]) -> str:
    return (
        "Cumulative distribution of the round-trip time of probes in the judged window, for each "
        "qdisc: the height of a curve at a time is the share of probes that were back by then. "
        "The dotted grey line is the idle phase, when nothing queues. The closer a curve keeps to "
        "that line the better. The horizontal axis is logarithmic."
    )


def _fct_cdf(trials: Sequence[TrialSeries]) -> str:
    sizes = sorted({flow.size_bytes for trial in trials for flow in trial.short_flows})
    counts = ", ".join(f"{len(trial.short_flows)} under {trial.qdisc}" for trial in trials)
    amount = f"{sizes[0] // 1000} kB" if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]} bytes"
    return (
        f"Completion time of short flows of {amount}, such as the parts of a web page, that start "
        "beside the bulk flows: from the first packet at the bottleneck to the last packet of data "
        f"leaving it ({counts}). The height of a curve at a time is the share of flows that were "
        "complete by then; a flow that never completed keeps its curve below 100 %. Further left "
        "is better. The horizontal axis is logarithmic."
    )


def _throughput(_trials: Sequence[TrialSeries]) -> str:
    return (
        "What passed the bottleneck per second: each bulk flow (thin), all traffic together "
        "(thick), and the rate to which the bottleneck is shaped (dashed). Bits of whole Ethernet "
        "frames, as the shaper counts them. Thin lines that stay close together mean that the "
        "flows share evenly; a thick line on the dashed one means that no capacity is wasted."
    )


def _queue(trials: Sequence[TrialSeries]) -> str:
    text = (
        "Packets that wait at the bottleneck, by class of traffic. "
        "The vertical axis is linear up to one packet and logarithmic above, so that one waiting "
        "probe and a full queue can both be read."
    )
    if any(trial.prediction for trial in trials):
        text += (
            " hhf keeps two buckets, one for flows it found to be heavy hitters and one for all "
            "others. The kernel does not tell what is in which; the last panel shows what the "
            "model says (thin), over all that was measured (thick grey)."
        )
    return text


def _model(trials: Sequence[TrialSeries]) -> str:
    trial = next(trial for trial in trials if trial.prediction is not None)
    grain_ms = service_ms(trial.rate_bps)
    return (
        "The reference model of hhf was given the arrivals that the kernel saw and the moments at "
        "which the kernel sent a packet, and chose by its own rules which packet that was. RTT of "
        "probes: round-trip times in the judged window, measured (thick) and predicted (dashed). "
        "Difference: predicted less measured, percentile by percentile; the grey band is one "
        f"service time, the {grain_ms:.3f} ms that a full frame of {FRAME_BYTES} bytes takes at "
        f"{_rate(trial)}. Time in the queue: of each packet, by class of traffic, drawn likewise. "
        "Where the lines lie on each other, the model names what the kernel did."
    )


def _rate(trial: TrialSeries) -> str:
    return f"{plain(trial.rate_bps / 1e6)} Mbit/s"


def _bulk(trial: TrialSeries) -> str:
    count = sum(carries_bulk(flow) for flow in trial.flows)
    return f"{count} bulk flow{'' if count == 1 else 's'}"


def _window(trial: TrialSeries) -> str:
    start_s, end_s = trial.window_s
    return f"The bar above marks what is judged, {plain(start_s)} to {plain(end_s)} s."


_CAPTIONS: Final[dict[str, Callable[[Sequence[TrialSeries]], str]]] = {
    "rtt-over-time": _rtt_over_time,
    "rtt-cdf": _rtt_cdf,
    "fct-cdf": _fct_cdf,
    "throughput": _throughput,
    "queue": _queue,
    "model": _model,
}
