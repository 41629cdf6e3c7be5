# SPDX-License-Identifier: GPL-2.0-or-later
"""The x-ray: flows by class over time, and below them filter F, table T and the queue."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from hhf_testbed.analysis.plots.axes import plain
from hhf_testbed.analysis.plots.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PAGE_CM,
    PURPLE,
    VERMILLION,
    in_paper_style,
    new_figure,
    save,
)
from hhf_testbed.analysis.series import Floats, Ints

ROW_CM, PANEL_CM, GAP_CM = 0.34, 1.25, 0.55
TOP_CM, BOTTOM_CM, RIGHT_CM, LEAST_LEFT_CM = 1.7, 0.95, 0.3, 1.5
CHARACTER_CM = 0.125  # of the 6 points in which rows are named, on average
NAME_CHARACTERS = 40
FEWEST_ROWS = 4


@dataclass(frozen=True)
class Row:
    """One flow: its name, its bytes, and the bins in which something happened to it."""

    name: str
    sent_bytes: int
    light: Ints
    heavy: Ints
    missed: Ints
    admitted: Ints
    evicted: Ints
    dropped: Ints


@dataclass(frozen=True)
class Picture:
    """Everything drawn. Arrays have one element per bin of ``width_s``, or one row per array.

    Attributes:
        rest: all flows without a row of their own; None if there are none.
        arrived_bytes, arrived_heavy_bytes: per bin, and those of them treated as heavy.
        in_use, largest_bytes: of filter F; NaN where no interval ended.
        heavy_packets to other_bytes: the greatest queue, by bucket.
    """

    title: str
    width_s: float
    rows: Sequence[Row]
    rest: Row | None
    arrived_bytes: Floats
    arrived_heavy_bytes: Floats
    in_use: Floats
    largest_bytes: Floats
    admit_bytes: int
    known_flows: Floats
    limit_packets: int
    heavy_packets: Floats
    other_packets: Floats
    heavy_bytes: Floats
    other_bytes: Floats

    @property
    def edges_s(self) -> Floats:
        """Where the bins begin, and where the last one ends."""
        edges_s: Floats = np.arange(len(self.known_flows) + 1, dtype=np.float64) * self.width_s
        return edges_s


@in_paper_style
def draw(picture: Picture, stem: Path) -> tuple[Path, Path]:
    """Draw it into ``stem``.png and ``stem``.svg, and return their paths."""
    return save(xray(picture), stem)


@in_paper_style
def xray(picture: Picture) -> Figure:
    """Draw all panels, one below the other, with one axis of time."""
    panels = (_arrivals, _filter, _largest, _table, _packets, _bytes)
    first, *others = _layout(picture, len(panels))
    _rows(first, picture)
    for axes, panel in zip(others, panels, strict=True):
        panel(axes, picture)
    others[-1].set_xlim(0, float(picture.edges_s[-1]))
    others[-1].set_xlabel("time (s)")
    _name(first, "flows, by bytes sent")
    figure = first.get_figure(root=True)
    assert figure is not None
    return figure


def _layout(picture: Picture, panels: int) -> list[Axes]:
    """Place the axes by centimetres: the rows, and below them so many panels of one height."""
    rows_cm = ROW_CM * _count(picture)
    height_cm = TOP_CM + rows_cm + (GAP_CM + PANEL_CM) * panels + BOTTOM_CM
    characters = max(len(_label(row)) for row in _all_rows(picture))
    left_cm = max(LEAST_LEFT_CM, CHARACTER_CM * characters + 0.2)
    figure = new_figure(PAGE_CM, height_cm)
    figure.set_layout_engine("none")
    figure.suptitle(
        f"Inside HHF: {picture.title}", x=0.01, y=1 - 0.15 / height_cm, ha="left", va="top",
        fontsize=8, weight="bold",
    )  # fmt: skip
    _legend(figure, 1 - 0.55 / height_cm)
    grid: list[Axes] = []
    top_cm = height_cm - TOP_CM
    for tall_cm in (rows_cm, *[PANEL_CM] * panels):
        box_cm = (left_cm, top_cm - tall_cm, PAGE_CM - left_cm - RIGHT_CM, tall_cm)
        sizes_cm = (PAGE_CM, height_cm, PAGE_CM, height_cm)
        left, bottom, width, height = (
            part / whole for part, whole in zip(box_cm, sizes_cm, strict=True)
        )
        grid.append(
            figure.add_axes((left, bottom, width, height), sharex=grid[0] if grid else None)
        )
        top_cm -= tall_cm + GAP_CM
    for axes in grid[:-1]:
        axes.tick_params(labelbottom=False)
    return grid


def _all_rows(picture: Picture) -> list[Row]:
    return [*picture.rows, *([] if picture.rest is None else [picture.rest])]


def _count(picture: Picture) -> int:
    return max(FEWEST_ROWS, len(_all_rows(picture)))


def _rows(axes: Axes, picture: Picture) -> None:
    rows = _all_rows(picture)
    for number, row in enumerate(rows):
        top, tall = number - 0.3, 0.6
        light_top, part = (number, tall / 2) if row is picture.rest else (top, tall)
        axes.broken_barh(_runs(row.light, picture.width_s), (light_top, part), color=BLUE, lw=0)
        axes.broken_barh(_runs(row.heavy, picture.width_s), (top, part), color=ORANGE, lw=0)
        missed = _runs(row.missed, picture.width_s)
        axes.broken_barh(missed, (number - 0.1, 0.2), color=PURPLE, lw=0, zorder=2)
        _mark(axes, picture, row.admitted, number, "v", BLACK)
        _mark(axes, picture, row.evicted, number, "x", BLACK)
        _mark(axes, picture, row.dropped, number + 0.42, "|", VERMILLION)
    axes.set_yticks(range(len(rows)), [_label(row) for row in rows])
    axes.tick_params(axis="y", labelsize=6, length=0)
    axes.set_ylim(_count(picture) - 0.4, -0.6)
    axes.grid(axis="y", visible=False)


def _label(row: Row) -> str:
    name = row.name
    if len(name) > NAME_CHARACTERS:
        half = (NAME_CHARACTERS - 1) // 2
        name = f"{name[:half]}\N{HORIZONTAL ELLIPSIS}{name[-half:]}"
    return f"{name}  {_size(row.sent_bytes)}"


def _size(size_bytes: float) -> str:
    for unit, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if size_bytes >= unit:
            return f"{size_bytes / unit:.3g} {name}"
    return f"{size_bytes:g} B"


def _runs(bins: Ints, width_s: float) -> list[tuple[float, float]]:
    """Join bins that follow each other to bars: where each begins and how long it is."""
    if not len(bins):
        return []
    starts = np.flatnonzero(np.diff(bins, prepend=-2) > 1)
    counts = np.diff(np.append(starts, len(bins)))
    return [
        (float(bins[start]) * width_s, float(count) * width_s)
        for start, count in zip(starts, counts, strict=True)
    ]


def _mark(axes: Axes, picture: Picture, bins: Ints, at: float, marker: str, color: str) -> None:
    x = (bins + 0.5) * picture.width_s
    size = {"v": 3.2, "x": 3.6, "|": 2.4}[marker]
    axes.plot(
        x,
        np.full(len(bins), at),
        linestyle="none",
        marker=marker,
        markersize=size,
        markeredgewidth=0.8 if marker == "x" else 0.5,
        color=color,
        zorder=3,
        clip_on=False,
    )


def _steps(axes: Axes, picture: Picture, values: Floats, color: str, label: str = "") -> None:
    axes.stairs(values, picture.edges_s, color=color, linewidth=0.9, baseline=None, label=label)


def _arrivals(axes: Axes, picture: Picture) -> None:
    """Draw the rate of all arrivals, with that of heavy ones in front of it."""
    for values, color in ((picture.arrived_bytes, BLUE), (picture.arrived_heavy_bytes, ORANGE)):
        mbps = values * 8 / picture.width_s / 1e6
        axes.stairs(mbps, picture.edges_s, fill=True, color=color, linewidth=0)
    axes.set_ylim(0, None)
    _finish(axes, "arrivals by class, one upon the other (Mbit/s)", whole=None)


def _filter(axes: Axes, picture: Picture) -> None:
    known = ~np.isnan(picture.in_use[0])
    middle_s = ((picture.edges_s[:-1] + picture.edges_s[1:]) / 2)[known]
    low, high = (extreme(picture.in_use[:, known] * 100, axis=0) for extreme in (np.min, np.max))
    axes.fill_between(middle_s, low, high, color=GREEN, alpha=0.4, linewidth=0)
    axes.plot(middle_s, high, color=GREEN, linewidth=0.8)
    axes.set_ylim(0, None)
    _finish(axes, "filter F: counters in use (%), by array")


def _largest(axes: Axes, picture: Picture) -> None:
    known = ~np.isnan(picture.largest_bytes)
    middle_s = ((picture.edges_s[:-1] + picture.edges_s[1:]) / 2)[known]
    axes.plot(middle_s, picture.largest_bytes[known], color=GREEN, linewidth=0.8)
    axes.axhline(picture.admit_bytes, color=GREY, linewidth=0.8, linestyle=(0, (4, 2)))
    axes.set_ylim(0, picture.admit_bytes * 1.15)
    _finish(axes, "filter F: largest counter; dashed: admit_bytes", whole=False)


def _table(axes: Axes, picture: Picture) -> None:
    _steps(axes, picture, picture.known_flows, BLACK)
    axes.set_ylim(0, max(1.0, float(picture.known_flows.max())) * 1.15)
    _finish(axes, "table T: entries")


def _packets(axes: Axes, picture: Picture) -> None:
    _steps(axes, picture, picture.heavy_packets, ORANGE)
    _steps(axes, picture, picture.other_packets, BLUE)
    highest = max(1.0, float(picture.heavy_packets.max()), float(picture.other_packets.max()))
    axes.set_yscale("symlog", linthresh=1, linscale=0.6)
    axes.set_ylim(0, highest * 1.6)
    axes.yaxis.set_major_locator(FixedLocator([0, 10, 100, 1000, 10_000, 100_000, 1_000_000]))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: plain(value)))
    _name(axes, "queue by bucket (packets)")


def _bytes(axes: Axes, picture: Picture) -> None:
    _steps(axes, picture, picture.heavy_bytes, ORANGE)
    _steps(axes, picture, picture.other_bytes, BLUE)
    axes.set_ylim(0, None)
    _finish(axes, "queue by bucket (bytes)", whole=False)


def _finish(axes: Axes, label: str, *, whole: bool | None = True) -> None:
    """Name a panel; ``whole``: whole numbers, or bytes, or (None) any numbers."""
    _name(axes, label)
    axes.yaxis.set_major_locator(MaxNLocator(3, integer=bool(whole)))
    if whole is False:
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _size(value)))


def _name(axes: Axes, text: str) -> None:
    axes.set_title(text, fontsize=6.5, weight="normal", pad=2)


def _legend(figure: Figure, top: float) -> None:
    marks = (("v", BLACK, "admitted"), ("x", BLACK, "evicted"), ("|", VERMILLION, "drops"))
    handles: list[Patch | Line2D] = [
        Patch(color=BLUE, label="light"),
        Patch(color=ORANGE, label="heavy hitter"),
        Patch(color=PURPLE, label="missed"),
    ]
    handles += [
        Line2D([], [], linestyle="none", marker=marker, color=color, label=label, markersize=4.5)
        for marker, color, label in marks
    ]
    figure.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(0.0, top), ncols=len(handles),
        handlelength=1.6, columnspacing=1.4, borderaxespad=0.1,
    )  # fmt: skip
