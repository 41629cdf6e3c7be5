# SPDX-License-Identifier: GPL-2.0-or-later
"""What waited at the bottleneck: packets by class over time, and by bucket as the model has it."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from hhf_testbed.analysis.plots.axes import TITLE_PAD, legend_above, outer_labels, plain, time_axis
from hhf_testbed.analysis.plots.shapes import peaks
from hhf_testbed.analysis.plots.style import (
    BUCKET_LOOKS,
    CLASS_LOOKS,
    COLUMN_CM,
    GREY,
    PAGE_CM,
    Look,
    in_paper_style,
    panels,
)
from hhf_testbed.analysis.series import Queue, TrialSeries

MEASURED = Look(GREY, "-", 2.4)


@in_paper_style
def queue(trials: Sequence[TrialSeries], width_cm: float = PAGE_CM) -> Figure | None:
    """Packets waiting, by class for each qdisc, and by WDRR bucket for each predicted one.

    Linear from 0 to 1 packet and logarithmic above: one waiting probe and a thousand waiting bulk
    packets both read, and so does an empty queue.
    """
    if not any(len(trial.queue.time_s) for trial in trials):
        return None
    predicted = [trial for trial in trials if trial.prediction is not None]
    count = len(trials) + len(predicted)
    figure, grid = panels(
        count, width_cm, across=2 if count != 3 else 3, height_cm=5.2, sharex=True, sharey=True
    )
    highest = max(_most(trial.queue) for trial in trials)
    for axes, trial in zip(grid, trials, strict=False):
        _draw(axes, trial.queue, CLASS_LOOKS)
        _finish(axes, trial, trial.qdisc, highest)
    for axes, trial in zip(grid[len(trials) :], predicted, strict=True):
        assert trial.prediction is not None
        everything = Queue(
            trial.queue.time_s, {"all": np.sum(list(trial.queue.packets.values()), axis=0)}
        )
        _draw(axes, everything, {"all": MEASURED})
        _draw(axes, trial.prediction.queue, BUCKET_LOOKS)
        _finish(axes, trial, f"{trial.qdisc}: model by bucket", highest)
    outer_labels(grid)
    legend_above(figure, _entries(bool(predicted)), columns=6 if width_cm > COLUMN_CM else 2)
    return figure


def _most(waiting: Queue) -> int:
    """The most packets of one name at any time; 1 if nothing ever waits."""
    return max((int(packets.max(initial=1)) for packets in waiting.packets.values()), default=1)


def _draw(axes: Axes, waiting: Queue, looks: Mapping[str, Look]) -> None:
    for name, packets in waiting.packets.items():
        x, y = peaks(waiting.time_s, packets.astype(float))
        axes.plot(x, y, drawstyle="steps-post", **looks[name]._asdict())


def _finish(axes: Axes, trial: TrialSeries, title: str, highest: int) -> None:
    axes.set_yscale("symlog", linthresh=1, linscale=0.4)
    axes.set_ylim(0, highest * 1.6)
    axes.yaxis.set_major_locator(FixedLocator([0, *(10**p for p in range(7))]))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: plain(value)))
    axes.set_title(title, pad=TITLE_PAD)
    axes.set_ylabel("waiting (packets)")
    time_axis(axes, trial, words=True)


def _entries(predicted: bool) -> list[tuple[str, Look]]:
    entries = list(CLASS_LOOKS.items())
    if predicted:
        entries += [("all, measured", MEASURED)]
        entries += [(f"{name}, model", look) for name, look in BUCKET_LOOKS.items()]
    return entries
