# SPDX-License-Identifier: GPL-2.0-or-later
"""Turns data into no more points than a page can show, without hiding an extreme."""

import numpy as np

from hhf_testbed.analysis.series import Floats, Ints, TrialSeries

COLUMNS = 700
"""Bins over the width of a panel: finer than a printed line of 0.4 mm, coarser than 100,000."""
CDF_POINTS = 600


def envelope(x: Floats, y: Floats, columns: int = COLUMNS) -> tuple[Floats, Floats]:
    """The lowest and the highest point of each of ``columns`` equal bins of ``x``, in order.

    Keeps every peak and every trough that could be seen; ``x`` must not decrease.
    """
    if len(x) <= 2 * columns:
        return x, y
    bins = _bins(x, columns)
    order = np.lexsort((y, bins))
    last = np.flatnonzero(np.diff(bins[order], append=columns))
    first = np.concatenate(([0], last[:-1] + 1))
    keep = np.unique(order[np.concatenate((first, last))])
    return x[keep], y[keep]


def peaks(x: Floats, y: Floats, columns: int = COLUMNS) -> tuple[Floats, Floats]:
    """The highest point of each bin, at the start of the bin; ``x`` must not decrease."""
    if len(x) <= columns:
        return x, y
    bins = _bins(x, columns)
    starts = np.flatnonzero(np.diff(bins, prepend=-1))
    return x[starts], np.maximum.reduceat(y, starts)


def cdf(values: Floats, points: int = CDF_POINTS) -> tuple[Floats, Floats]:
    """Sorted finite values and the percentage of all values up to each.

    Infinite values, such as the time of a flow that never finished, count in the whole: the curve
    then ends below 100 %. Values that are not a number do not count.
    """
    known = np.sort(values[~np.isnan(values)])
    finite = known[np.isfinite(known)]
    if not len(finite):
        return finite, finite
    picks = np.arange(len(finite))
    if len(finite) > points:
        picks = np.unique(np.linspace(0, len(finite) - 1, points).round().astype(np.int64))
    percent = (picks + 1) / len(known) * 100.0
    return np.concatenate((finite[:1], finite[picks])), np.concatenate(([0.0], percent))


def judged(trial: TrialSeries, time_s: Floats, values: Floats) -> Floats:
    """The values whose time lies in the judged window."""
    start_s, end_s = trial.window_s
    return values[(time_s >= start_s) & (time_s < end_s)]


def idle(trial: TrialSeries) -> Floats:
    """RTTs in ms of probes that were answered before the load began."""
    answered_s = trial.probe.time_s + trial.probe.rtt_ms / 1000
    return trial.probe.rtt_ms[answered_s < trial.idle_s]


def _bins(x: Floats, columns: int) -> Ints:
    span = float(x[-1] - x[0]) or 1.0
    scaled: Ints = ((x - x[0]) / span * columns).astype(np.int64)
    return np.where(scaled < columns, scaled, columns - 1)
