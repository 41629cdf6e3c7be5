# SPDX-License-Identifier: GPL-2.0-or-later
"""What the flows got: how long short ones took, and how much each bulk flow carried."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from hhf_testbed.analysis.plots.axes import (
    TITLE_PAD,
    legend_above,
    log_scale,
    outer_labels,
    percent_axis,
    time_axis,
)
from hhf_testbed.analysis.plots.shapes import cdf
from hhf_testbed.analysis.plots.style import (
    BLACK,
    COLUMN_CM,
    DASHED,
    PAGE_CM,
    SKY,
    VERMILLION,
    Look,
    above,
    in_paper_style,
    looks,
    new_figure,
    panels,
)
from hhf_testbed.analysis.series import Floats, FlowThroughput, ShortFlow, TrialSeries

ONE_FLOW = Look(SKY, "-", 0.7)
TOTAL = Look(BLACK, "-", 1.4)
RATE = Look(VERMILLION, DASHED, 1.0)


@in_paper_style
def fct_cdf(trials: Sequence[TrialSeries], width_cm: float = COLUMN_CM) -> Figure | None:
    """CDF of the completion time of short flows; one that did not finish never reaches it."""
    times = {trial.qdisc: completion_ms(trial.short_flows) for trial in trials}
    known = np.concatenate([values[np.isfinite(values)] for values in times.values()])
    if not len(known):
        return None
    figure = new_figure(width_cm, 6.2)
    axes = figure.subplots()
    styles = looks(list(times))
    for look, values in zip(styles.values(), times.values(), strict=True):
        axes.plot(*cdf(values), drawstyle="steps-post", zorder=above(look), **look._asdict())
    log_scale(axes, "x", float(known.min()) / 1.15, float(known.max()) * 1.15)
    axes.set_xlabel("flow completion time (ms)")
    percent_axis(axes, "short flows finished within (%)")
    legend_above(figure, styles.items(), columns=3)
    return figure


@in_paper_style
def throughput(trials: Sequence[TrialSeries], width_cm: float = PAGE_CM) -> Figure | None:
    """Throughput of each bulk flow and of everything over time, one panel per qdisc."""
    if not any(trial.flows for trial in trials):
        return None
    figure, grid = panels(len(trials), width_cm, across=3, height_cm=5.4, sharex=True, sharey=True)
    for axes, trial in zip(grid, trials, strict=True):
        for flow in trial.flows:
            if carries_bulk(flow):
                axes.plot(*_bins(flow.time_s, flow.bps), **ONE_FLOW._asdict())
        axes.plot(*_bins(*total(trial.flows)), **TOTAL._asdict())
        axes.axhline(trial.rate_bps / 1e6, **RATE._asdict())
        axes.set_title(trial.qdisc, pad=TITLE_PAD)
        axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
        axes.set_ylim(0, max(t.rate_bps for t in trials) / 1e6 * 1.12)
        time_axis(axes, trial, words=True)
        axes.set_ylabel("throughput (Mbit/s)")
    outer_labels(grid)
    entries = (("each bulk flow", ONE_FLOW), ("all traffic", TOTAL), ("shaped rate", RATE))
    legend_above(figure, entries, columns=3)
    return figure


def _bins(starts_s: Floats, bps: Floats) -> tuple[Floats, Floats]:
    """Mbit/s as steps: each bin from its start to the next, and the last as long as the first."""
    if len(starts_s) < 2:
        return starts_s, bps / 1e6
    edges_s = np.append(starts_s, 2 * starts_s[-1] - starts_s[-2])
    return np.repeat(edges_s, 2)[1:-1], np.repeat(bps, 2) / 1e6


def carries_bulk(flow: FlowThroughput) -> bool:
    """Whether a flow is a bulk transfer, and not the control connection that iperf3 has for it."""
    return flow.traffic == "bulk" and not flow.name.endswith(" control")


def completion_ms(flows: Sequence[ShortFlow]) -> Floats:
    """Completion times in ms; infinite for a flow that did not finish."""
    return np.array([np.inf if f.fct_ms is None else f.fct_ms for f in flows], dtype=np.float64)


def total(flows: Sequence[FlowThroughput]) -> tuple[Floats, Floats]:
    """The sum of all flows over time, whose bins start at the same times or are missing."""
    time_s = np.concatenate([flow.time_s for flow in flows])
    starts, where = np.unique(time_s.round(6), return_inverse=True)
    bps = np.bincount(where, np.concatenate([flow.bps for flow in flows]), len(starts))
    return starts, bps.astype(np.float64)
