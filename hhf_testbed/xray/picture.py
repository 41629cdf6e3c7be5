# SPDX-License-Identifier: GPL-2.0-or-later
"""What the picture of an x-ray shows, and its caption."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from hhf_testbed.analysis.plots.xray import Picture, Row
from hhf_testbed.analysis.series import Floats
from hhf_testbed.replay.flows import Flow
from hhf_testbed.xray.marks import KINDS, Marks
from hhf_testbed.xray.scene import Scene
from hhf_testbed.xray.series import IN_USE, Series

SHOWN_FLOWS: Final = 20


def picture(scene: Scene) -> Picture:
    """Return what is drawn."""
    series, ranked = scene.eye.series, scene.ranked()
    rows, settings = series.rows(), scene.watch.hhf.settings
    queue = {name: _column(rows, name) for name in _QUEUE}
    return Picture(
        title=scene.title,
        width_s=series.width_ns / 1e9,
        rows=[
            _row(flow.name, flow.sent_bytes, flow.marks or Marks(0), series)
            for flow in ranked[:SHOWN_FLOWS]
        ],
        rest=_rest(scene, ranked),
        arrived_bytes=_column(rows, "arrived_bytes"),
        arrived_heavy_bytes=_column(rows, "arrived_heavy_bytes"),
        in_use=np.array([_column(rows, name) for name in IN_USE]),
        largest_bytes=_column(rows, "largest_counter_bytes"),
        admit_bytes=settings.admit_bytes,
        known_flows=_column(rows, "known_flows"),
        limit_packets=settings.limit_packets,
        **queue,
    )


_QUEUE: Final = ("heavy_packets", "other_packets", "heavy_bytes", "other_bytes")


def _column(rows: Sequence[dict[str, Any]], name: str) -> Floats:
    return np.array([np.nan if row[name] is None else row[name] for row in rows], np.float64)


def _row(name: str, sent_bytes: int, marks: Marks, series: Series) -> Row:
    light, heavy, missed, admitted, evicted, dropped = (
        np.array(marks.bins(kind, series.halvings), np.int64) for kind in range(KINDS)
    )
    return Row(name, sent_bytes, light, heavy, missed, admitted, evicted, dropped)


def _rest(scene: Scene, ranked: Sequence[Flow]) -> Row | None:
    """Put all flows that have no row of their own, forgotten ones included, into one."""
    count = len(ranked) + scene.forgotten - SHOWN_FLOWS
    if count <= 0:
        return None
    series, marks = scene.eye.series, Marks(0)
    for more in (scene.eye.forgotten, *(flow.marks for flow in ranked[SHOWN_FLOWS:])):
        if more is not None:
            marks.add(more, series.halvings)
    shown_bytes = sum(flow.sent_bytes for flow in ranked[:SHOWN_FLOWS])
    name = f"{count:,} other flow{'s' if count > 1 else ''}"
    return _row(name, scene.watch.arrived_bytes - shown_bytes, marks, series)


def caption(scene: Scene) -> str:
    """Return what the picture shows and how to read it, with the numbers of this x-ray."""
    watch, tally = scene.watch, scene.watch.truth.tally
    settings, width_ms = watch.hhf.settings, scene.eye.series.width_ns / 1e6
    flows = len(scene.flows) + scene.forgotten
    drops = watch.classes.drops
    said = [
        f"Inside HHF: {scene.title}. {watch.packets:,} packets of {flows:,} "
        f"flow{'' if flows == 1 else 's'}. {scene.departures}",
        f"Top: one row per flow, the {min(SHOWN_FLOWS, flows)} that sent most, the first of all at "
        "the top, with what each sent. Blue: its packets were treated as light; orange: as those "
        "of a heavy hitter; purple: light, though in that reset interval it had sent more than "
        "admit_bytes; blank: it sent nothing. A triangle marks its admission to table T, a cross "
        "its eviction, a tick below the row drops. The last row is all other flows together, the "
        "light ones in its lower half. "
        f"There were {tally.admissions:,} admissions, {tally.evictions:,} evictions, and "
        f"{drops[True]:,} drops of heavy and {drops[False]:,} of other packets.",
        "Below: what arrived, by class; filter F where a reset interval ended, the "
        "counters in use in the emptiest and the fullest of its four arrays (band) and the largest "
        f"counter, which never passes admit_bytes, {settings.admit_bytes:,} bytes (dashed); the "
        "entries of table T, expired ones included; and what waited in the two buckets, in packets "
        "(linear up to one, then logarithmic) and in bytes.",
        f"Each point in time stands for {width_ms:g} ms; of values, the greatest in it is drawn. "
        f"Against the truth, {tally.false_positives:,} admissions were false positives and "
        f"{tally.early:,} early; {tally.missed_packets:,} packets of heavy flows were missed.",
    ]
    return "\n".join(said)
