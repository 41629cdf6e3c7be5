# SPDX-License-Identifier: GPL-2.0-or-later
"""What a probe saw: its round-trip time over time, and how often it was how long."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from hhf_testbed.analysis.plots.axes import (
    TITLE_PAD,
    legend_above,
    log_scale,
    outer_labels,
    percent_axis,
    time_axis,
)
from hhf_testbed.analysis.plots.shapes import cdf, envelope, idle, judged
from hhf_testbed.analysis.plots.style import (
    COLUMN_CM,
    DOTTED,
    GREY,
    PAGE_CM,
    Look,
    above,
    in_paper_style,
    looks,
    new_figure,
    panels,
)
from hhf_testbed.analysis.series import TrialSeries

IDLE = Look(GREY, DOTTED, 1.6)
SHORTEST_MS = 0.01
"""No logarithmic axis starts at 0; ping prints 0.000 for a path without delay."""


@in_paper_style
def rtt_over_time(trials: Sequence[TrialSeries], width_cm: float = PAGE_CM) -> Figure | None:
    """RTT of each probe over time, one panel per qdisc on one shared logarithmic axis.

    Logarithmic, since what matters spans from the idle RTT to more than ten times as much.
    """
    if not any(len(trial.probe.rtt_ms) for trial in trials):
        return None
    figure, grid = panels(len(trials), width_cm, across=3, height_cm=5.4, sharex=True, sharey=True)
    styles = looks([trial.qdisc for trial in trials])
    low, high = _limits(trials)
    for axes, trial in zip(grid, trials, strict=True):
        x, y = envelope(trial.probe.time_s, trial.probe.rtt_ms)
        axes.plot(x, np.maximum(y, SHORTEST_MS), color=styles[trial.qdisc].color, linewidth=0.7)
        axes.set_title(trial.qdisc, pad=TITLE_PAD)
        log_scale(axes, "y", low, high)
        time_axis(axes, trial, words=True)
        axes.set_ylabel("round-trip time (ms)")
    outer_labels(grid)
    return figure


@in_paper_style
def rtt_cdf(trials: Sequence[TrialSeries], width_cm: float = COLUMN_CM) -> Figure | None:
    """CDF of the RTT in the judged window per qdisc, and of all idle phases together."""
    measured = {t.qdisc: judged(t, t.probe.time_s, t.probe.rtt_ms) for t in trials}
    baseline = np.concatenate([idle(trial) for trial in trials])
    if not any(len(values) for values in measured.values()):
        return None
    figure = new_figure(width_cm, 6.2)
    axes = figure.subplots()
    styles = looks(list(measured))
    entries = [*((name, styles[name]) for name in measured), ("idle, before the load", IDLE)]
    for (_, look), values in zip(entries, [*measured.values(), baseline], strict=True):
        x, y = cdf(np.maximum(values, SHORTEST_MS))
        axes.plot(x, y, drawstyle="steps-post", zorder=above(look), **look._asdict())
    log_scale(axes, "x", *_limits(trials))
    axes.set_xlabel("round-trip time (ms)")
    percent_axis(axes, "probes answered within (%)")
    legend_above(figure, entries, columns=2)
    return figure


def _limits(trials: Sequence[TrialSeries]) -> tuple[float, float]:
    """A little more than all RTTs, so that no line lies on the frame."""
    values = np.maximum(np.concatenate([t.probe.rtt_ms for t in trials]), SHORTEST_MS)
    return float(values.min()) / 1.15, float(values.max()) * 1.15
