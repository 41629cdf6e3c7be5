# SPDX-License-Identifier: GPL-2.0-or-later
"""How every figure looks, and how it is written so that the same data gives the same bytes.

Sizes are those of print: a column of 8.5 cm or a page of 17 cm, with text of 7 and 8 points.
Colours are those of Okabe and Ito, "Color Universal Design" (2008), which colour-blind readers can
tell apart; a line style says the same again for black-and-white print.

Text in SVG is drawn as outlines (``svg.fonttype`` "path"): a font that the reader lacks would be
replaced and shift every label. The words stay readable for machines in captions and alt texts.
The fonts are the DejaVu that matplotlib brings along, so a picture is the same on every machine.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, ParamSpec, TypeVar

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

PAGE_CM: Final = 17.0
COLUMN_CM: Final = 8.5
PNG_DPI: Final = 200
"""200 dots per inch make a page-wide figure 1339 pixels wide: sharp on a phone, small in a page."""

BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
BLUE, VERMILLION, PURPLE = "#0072B2", "#D55E00", "#CC79A7"
GREY: Final = "#666666"
PALE: Final = "#EBEBEB"

_RC: Final[Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 7.5,
    "axes.titlesize": 8,
    "axes.labelsize": 7.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7.5,
    "legend.frameon": False,
    "legend.handlelength": 2.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.4,
    "lines.linewidth": 1.1,
    "lines.solid_capstyle": "butt",
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "figure.facecolor": "white",
    "figure.constrained_layout.use": True,
    "svg.fonttype": "path",
    "svg.hashsalt": "hhf-testbed",
}

Dashes = Literal["-"] | tuple[float, tuple[float, ...]]


class Look(NamedTuple):
    """How one thing is drawn, everywhere."""

    color: str
    linestyle: Dashes
    linewidth: float = 1.1


DASHED: Final[Dashes] = (0, (4, 1.6))
DASH_DOT: Final[Dashes] = (0, (6, 1.5, 1.2, 1.5))
DOTTED: Final[Dashes] = (0, (1.2, 1.2))

KNOWN: Final[dict[str, Look]] = {
    "hhf": Look(BLUE, "-", 1.4),
    "pfifo": Look(VERMILLION, DASHED),
    "fq_codel": Look(GREEN, DASH_DOT),
}
_OTHERS: Final = (
    Look(ORANGE, DOTTED),
    Look(PURPLE, (0, (8, 2))),
    Look(SKY, (0, (3, 1, 1, 1, 1, 1))),
    Look(BLACK, (0, (2, 2))),
    Look(GREY, (0, (10, 2, 2, 2))),
)
CLASS_LOOKS: Final[dict[str, Look]] = {
    "bulk": Look(BLACK, "-"),
    "short": Look(PURPLE, DASHED, 1.0),
    "probe": Look(SKY, DOTTED, 1.5),
}
BUCKET_LOOKS: Final[dict[str, Look]] = {
    "heavy hitters": Look(ORANGE, DASHED, 1.5),
    "others": Look(BLUE, DOTTED, 1.5),
}

_P = ParamSpec("_P")
_R = TypeVar("_R")


def looks(labels: Sequence[str]) -> dict[str, Look]:
    """A look per qdisc: the known ones always the same, any others in the order given."""
    strangers = [label for label in labels if label not in KNOWN]
    spare = {name: _OTHERS[i % len(_OTHERS)] for i, name in enumerate(strangers)}
    return {label: KNOWN.get(label) or spare[label] for label in labels}


def above(look: Look) -> float:
    """Where a line lies: broken ones above solid ones, so that both can be seen where they meet."""
    return 2.1 if look.linestyle == "-" else 2.2


@contextmanager
def paper_style() -> Iterator[None]:
    """Matplotlib's defaults and ours, whatever the reader's own matplotlibrc says."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_RC)
        yield


def in_paper_style(draw: Callable[_P, _R]) -> Callable[_P, _R]:
    """Let a function draw in ``paper_style``."""

    @wraps(draw)
    def styled(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        with paper_style():
            return draw(*args, **kwargs)

    return styled


def new_figure(width_cm: float, height_cm: float) -> Figure:
    """An empty figure, without pyplot: nothing global, and no display is asked for."""
    return Figure(figsize=(width_cm / 2.54, height_cm / 2.54), dpi=PNG_DPI)


def panels(
    count: int, width_cm: float, *, across: int, height_cm: float, **shared: Any
) -> tuple[Figure, list[Axes]]:
    """A figure with ``count`` panels: on a page at most ``across`` in a row, in a column one."""
    across = min(across, count) if width_cm > COLUMN_CM else 1
    down = -(-count // across)
    figure = new_figure(width_cm, height_cm * down)
    grid = figure.subplots(down, across, squeeze=False, **shared)
    axes = list(grid.flat)
    for unused in axes[count:]:
        unused.remove()
    return figure, axes[:count]


@in_paper_style
def save(figure: Figure, stem: Path) -> tuple[Path, Path]:
    """Write ``stem``.png and ``stem``.svg without date or version, and return their paths."""
    png, svg = stem.with_suffix(".png"), stem.with_suffix(".svg")
    # The canvases are asked directly: Figure.savefig would draw everything once more for each file.
    agg: Any = FigureCanvasAgg(figure)
    agg.print_png(png, metadata={"Software": None})
    figure.set_layout_engine("none")  # stay where the first drawing put everything
    vector: Any = FigureCanvasSVG(figure)
    vector.print_svg(svg, metadata={"Date": None, "Creator": None})
    return png, svg
