# SPDX-License-Identifier: GPL-2.0-or-later
"""The reference model against the kernel: round-trip times, their difference, and sojourn times."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hhf_testbed.analysis.facts import service_ms
from hhf_testbed.analysis.plots.axes import legend_above, log_scale, percent_axis
from hhf_testbed.analysis.plots.shapes import cdf, judged
from hhf_testbed.analysis.plots.style import (
    BLUE,
    DASHED,
    GREY,
    ORANGE,
    PAGE_CM,
    PALE,
    Look,
    in_paper_style,
    panels,
)
from hhf_testbed.analysis.series import CLASSES, Bools, Floats, Prediction, TrialSeries

MEASURED = Look(BLUE, "-", 2.4)
PREDICTED = Look(ORANGE, DASHED, 1.2)
FLOOR_MS = 0.01
"""Shortest sojourn time that the logarithmic axis shows; shorter ones are drawn there."""
LABEL_AT = {"bulk": 60.0, "short": 80.0, "probe": 60.0}
"""Height of each class's name, in percent: where the curves of real runs leave room."""


@in_paper_style
def model_against_kernel(trials: Sequence[TrialSeries], width_cm: float = PAGE_CM) -> Figure | None:
    """RTT measured and predicted, the difference by percentile, and sojourn times by class."""
    compared = [(trial, trial.prediction) for trial in trials if trial.prediction is not None]
    if not compared:
        return None
    figure, grid = panels(3 * len(compared), width_cm, across=3, height_cm=5.8)
    for row, (trial, prediction) in enumerate(compared):
        rtt, difference, sojourn = grid[3 * row : 3 * row + 3]
        measured = judged(trial, trial.probe.time_s, trial.probe.rtt_ms)
        predicted = judged(trial, prediction.probe.time_s, prediction.probe.rtt_ms)
        _draw_rtt(rtt, measured, predicted)
        _draw_difference(difference, measured, predicted, service_ms(trial.rate_bps))
        _draw_sojourn(sojourn, trial, prediction)
        rtt.set_title(f"{trial.qdisc}: RTT of probes")
        difference.set_title("difference")
        sojourn.set_title("time in the queue")
    entries = [("kernel, measured", MEASURED), ("model, predicted", PREDICTED)]
    legend_above(figure, entries)
    return figure


def _draw_rtt(axes: Axes, measured: Floats, predicted: Floats) -> None:
    axes.plot(*cdf(measured), drawstyle="steps-post", **MEASURED._asdict())
    axes.plot(*cdf(predicted), drawstyle="steps-post", **PREDICTED._asdict())
    axes.set_xlabel("round-trip time (ms)")
    percent_axis(axes, "probes answered within (%)")


def _draw_difference(axes: Axes, measured: Floats, predicted: Floats, grain_ms: float) -> None:
    """Predicted less measured at each percentile, in a band of one service time."""
    percentiles = np.arange(1, 100)
    axes.axhspan(-grain_ms, grain_ms, color=PALE, linewidth=0, zorder=0)
    axes.axhline(0, color=GREY, linewidth=0.6)
    if len(measured) and len(predicted):
        gap = np.percentile(predicted, percentiles) - np.percentile(measured, percentiles)
        axes.plot(percentiles, gap, color="black", linewidth=1.0)
    axes.set_xlabel("percentile of the RTT (%)")
    axes.set_ylabel("predicted \N{MINUS SIGN} measured (ms)")


def _draw_sojourn(axes: Axes, trial: TrialSeries, prediction: Prediction) -> None:
    """Sojourn times of each class, named beside its curve."""
    highest_ms = 1.0
    for number, name in enumerate(CLASSES):
        mine = trial.transit.traffic == number
        for leave_s, look in ((trial.transit.leave_s, MEASURED), (prediction.leave_s, PREDICTED)):
            spent_ms = _sojourn_ms(trial, leave_s, mine)
            axes.plot(*cdf(spent_ms), drawstyle="steps-post", **look._asdict())
            highest_ms = max(highest_ms, float(np.nanmax(spent_ms, initial=0)))
        _name_curve(axes, name, _sojourn_ms(trial, trial.transit.leave_s, mine), LABEL_AT[name])
    log_scale(axes, "x", FLOOR_MS, highest_ms * 1.3)
    axes.set_xlabel("time in the queue (ms)")
    percent_axis(axes, "packets gone within (%)")


def _sojourn_ms(trial: TrialSeries, leave_s: Floats, mine: Bools) -> Floats:
    spent_ms = np.maximum((leave_s - trial.transit.arrive_s) * 1000, FLOOR_MS)
    return judged(trial, trial.transit.arrive_s[mine], spent_ms[mine])


def _name_curve(axes: Axes, name: str, values: Floats, at_percent: float) -> None:
    """Write the name of a curve to the left of its point at this percentage."""
    known = values[~np.isnan(values)]
    if len(known):
        axes.annotate(
            name,
            (float(np.percentile(known, at_percent)), at_percent),
            xytext=(-4, 0),
            textcoords="offset points",
            ha="right",
            va="center",
        )
