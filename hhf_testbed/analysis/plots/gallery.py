# SPDX-License-Identifier: GPL-2.0-or-later
"""All figures by name, in the order in which a report shows them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from matplotlib.figure import Figure

from hhf_testbed.analysis.plots.captions import TITLES, caption
from hhf_testbed.analysis.plots.flows import fct_cdf, throughput
from hhf_testbed.analysis.plots.prediction import model_against_kernel
from hhf_testbed.analysis.plots.queue import queue
from hhf_testbed.analysis.plots.rtt import rtt_cdf, rtt_over_time
from hhf_testbed.analysis.plots.style import COLUMN_CM, PAGE_CM, save
from hhf_testbed.analysis.series import TrialSeries

Draw = Callable[[Sequence[TrialSeries], float], Figure | None]
"""Draws one figure of this width in cm; None if the trials hold nothing to draw."""


class Recipe(NamedTuple):
    """How to draw a figure, and the widths in cm in which it is wanted, the widest first."""

    draw: Draw
    widths_cm: tuple[float, ...]


BOTH: Final = (PAGE_CM, COLUMN_CM)
"""Figures of several panels come twice: side by side for a page, stacked for a column or phone."""
FIGURES: Final[dict[str, Recipe]] = {
    "rtt-over-time": Recipe(rtt_over_time, BOTH),
    "rtt-cdf": Recipe(rtt_cdf, (COLUMN_CM,)),
    "fct-cdf": Recipe(fct_cdf, (COLUMN_CM,)),
    "throughput": Recipe(throughput, BOTH),
    "queue": Recipe(queue, BOTH),
    "model": Recipe(model_against_kernel, BOTH),
}


@dataclass(frozen=True)
class Picture:
    """One drawing on disk, in two formats, and its size in cm."""

    png: Path
    svg: Path
    width_cm: float
    height_cm: float


@dataclass(frozen=True)
class Drawn:
    """A figure on disk: its name, title and caption, and its pictures, the widest first."""

    name: str
    title: str
    caption: str
    pictures: tuple[Picture, ...]


def draw_all(trials: Sequence[TrialSeries], directory: Path) -> list[Drawn]:
    """Draw each figure for which there is data into ``directory``, which is made if missing."""
    directory.mkdir(parents=True, exist_ok=True)
    drawn = []
    for name, recipe in FIGURES.items():
        pictures = _draw(name, recipe, trials, directory)
        if pictures:
            drawn.append(Drawn(name, TITLES[name], caption(name, trials), pictures))
    return drawn


def _draw(
    name: str, recipe: Recipe, trials: Sequence[TrialSeries], directory: Path
) -> tuple[Picture, ...]:
    pictures = []
    for width_cm in recipe.widths_cm:
        figure = recipe.draw(trials, width_cm)
        if figure is None:
            break
        stem = name if width_cm == recipe.widths_cm[0] else f"{name}-column"
        png, svg = save(figure, directory / stem)
        pictures.append(Picture(png, svg, *(float(i) * 2.54 for i in figure.get_size_inches())))
    return tuple(pictures)
