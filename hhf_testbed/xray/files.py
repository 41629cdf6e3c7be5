# SPDX-License-Identifier: GPL-2.0-or-later
"""The files of an x-ray, which appear together or not at all."""

import csv
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, TextIO

from hhf_testbed.analysis.plots.xray import draw
from hhf_testbed.errors import LabFailure, RequestError
from hhf_testbed.replay.result import row
from hhf_testbed.xray.picture import caption, picture
from hhf_testbed.xray.scene import Scene

SCHEMA_VERSION: Final = 1
LISTED_FLOWS: Final = 1000


def make(directory: Path, look: Callable[[TextIO], Scene]) -> Scene:
    """Make an x-ray: ``look`` is given the open file for its events.

    Raises:
        RequestError: the directory is there already; nothing is ever overwritten.
        LabFailure: it cannot be written.
    """
    with _new_directory(directory) as work:
        with (work / "events.jsonl").open("w", encoding="utf-8") as events:
            scene = look(events)
        _table(work / "bins.csv", scene.eye.series.rows())
        _table(work / "flows.csv", _flows(scene))
        text = json.dumps(summary(scene), indent=1) + "\n"
        (work / "summary.json").write_text(text, encoding="utf-8")
        draw(picture(scene), work / "xray")
        (work / "xray.txt").write_text(caption(scene) + "\n", encoding="utf-8")
    return scene


def summary(scene: Scene) -> dict[str, Any]:
    """Return the counts."""
    watch = scene.watch
    return {
        "schema_version": SCHEMA_VERSION,
        "of": scene.title,
        "departures": scene.departures,
        "settings": watch.hhf.dump(),
        "packets": watch.packets,
        "bytes": watch.arrived_bytes,
        "drops": {"heavy": watch.classes.drops[True], "other": watch.classes.drops[False]},
        "truth": watch.truth.tally.to_json(),
        "xstats": asdict(watch.hhf.xstats()),
        "filter": {
            "most_in_use": watch.most_in_use,
            "largest_counter_bytes": watch.largest_counter_bytes,
        },
        "flows": len(scene.flows),
        "flows_forgotten": scene.forgotten,
        "remarks": scene.remarks,
        "damage": None if scene.damage is None else str(scene.damage),
    }


@contextmanager
def _new_directory(directory: Path) -> Iterator[Path]:
    if directory.exists():
        raise RequestError(f"{directory} exists already; an x-ray goes to a new directory")
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{directory.name}.", dir=directory.parent))
        try:
            yield work
            work.chmod(0o755)
            work.rename(directory)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    except OSError as error:
        raise LabFailure(f"{directory} cannot be written: {error.strerror}") from None


def _flows(scene: Scene) -> list[dict[str, Any]]:
    ranked, start_ns = scene.ranked(), scene.watch.clock.start_ns
    heavy = [flow for flow in ranked if flow.admissions or flow.heavy_intervals]
    others = [flow for flow in ranked if not (flow.admissions or flow.heavy_intervals)]
    return [row(flow, start_ns) for flow in heavy + others[:LISTED_FLOWS]]


def _table(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, tuple(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
