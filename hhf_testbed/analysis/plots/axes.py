# SPDX-License-Identifier: GPL-2.0-or-later
"""What several figures share: axes of time, logarithmic axes, and the marks of a trial's phases."""

from collections.abc import Iterable, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullFormatter, NullLocator

from hhf_testbed.analysis.plots.style import GREY, PALE, Look
from hhf_testbed.analysis.series import TrialSeries

BAR = "#444444"
TITLE_PAD = 12.5
"""Points between a panel and its title: room for the words of the phases."""


def plain(value: float) -> str:
    """A number as people write it: 0.2, 5, 250; never 2x10^2."""
    return f"{value:,.10g}"


def log_scale(axes: Axes, which: str, low: float, high: float) -> None:
    """Make one axis logarithmic from ``low`` to ``high`` with plain numbers at round steps."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    ticks = _ticks(low, high)
    (axes.set_xscale if which == "x" else axes.set_yscale)("log")
    (axes.set_xlim if which == "x" else axes.set_ylim)(low, high)
    axis.set_major_locator(FixedLocator(ticks))
    axis.set_major_formatter(FuncFormatter(lambda value, _: plain(value)))
    axis.set_minor_locator(NullLocator())
    axis.set_minor_formatter(NullFormatter())


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers: even steps within a factor of 4, else 1, 2, 5 or only powers of ten."""
    if high / low < 4:
        steps = [float(step) for step in MaxNLocator(5).tick_values(low, high)]
    else:
        digits = (1, 2, 5) if high / low < 2000 else (1,)
        steps = [digit * 10.0**power for power in range(-6, 10) for digit in digits]
    return [step for step in steps if low <= step <= high]


def percent_axis(axes: Axes, label: str) -> None:
    """Make the vertical axis one of a CDF."""
    axes.set_ylim(0, 101)
    axes.set_yticks([0, 25, 50, 75, 95])
    axes.set_ylabel(label)


def time_axis(axes: Axes, trial: TrialSeries, *, words: bool) -> None:
    """Make the horizontal axis one of time, and mark idle phase, load start and judged window."""
    start_s, end_s = trial.window_s
    axes.set_xlim(0, end_s)
    axes.set_xlabel("time since the first probe (s)")
    axes.axvspan(0, trial.idle_s, color=PALE, linewidth=0, zorder=0)
    axes.axvline(trial.idle_s, color=GREY, linewidth=0.7, linestyle=(0, (2, 1.5)), zorder=1)
    top = axes.get_xaxis_transform()
    axes.plot([start_s, end_s], [1.0, 1.0], color=BAR, linewidth=2.2, transform=top, clip_on=False)
    if words:
        _write(axes, trial.idle_s / 2, "idle", "center")
        _write(axes, (start_s + end_s) / 2, "judged window", "center")


def outer_labels(grid: Sequence[Axes]) -> None:
    """Leave labels and numbers only at the left of each row and the bottom of each column."""
    for number, axes in enumerate(grid):
        spec = axes.get_subplotspec()
        across = spec.get_gridspec().ncols if spec else 1
        if number % across:
            axes.set_ylabel("")
            axes.tick_params(labelleft=False)
        below = number + across < len(grid)
        axes.tick_params(labelbottom=not below)
        if below:
            axes.set_xlabel("")


def _write(axes: Axes, at_s: float, text: str, align: str) -> None:
    axes.annotate(
        text,
        (at_s, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(0, 2.5),
        textcoords="offset points",
        ha=align,
        va="bottom",
        fontsize=6.5,
        color=BAR,
    )


def legend_above(figure: Figure, entries: Iterable[tuple[str, Look]], columns: int = 6) -> None:
    """One legend over all panels, in the order given."""
    handles = [
        Line2D(
            [], [], color=look.color, linestyle=look.linestyle, linewidth=look.linewidth, label=name
        )
        for name, look in entries
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=min(columns, len(handles)))
