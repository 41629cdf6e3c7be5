# SPDX-License-Identifier: GPL-2.0-or-later
"""The x-ray on disk: one JSON file and four CSV files, which appear together or not at all.

summary.json    all but the time series
timeline.csv    per flow: admitted, evicted, missed, false positive, early; in order of time
flows.csv       heavy flows, and the 1000 others that sent most
queue.csv       per bin of time: arrivals, queue by bucket, drops by class, share of time busy
filter.csv      per bin of time: filter load, table T
"""

import csv
import json
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from hhf_testbed.errors import LabFailure, RequestError
from hhf_testbed.replay.result import row, since, to_json, top_flows
from hhf_testbed.replay.run import Run

EVENT_COLUMNS: Final = ("time_s", "flow", "event", "interval", "interval_bytes", "flow_bytes")
QUEUE_COLUMNS: Final = (
    "time_s",
    "arrived_packets",
    "arrived_bytes",
    "heavy_packets",
    "other_packets",
    "backlog_bytes",
    "dropped_heavy_packets",
    "dropped_other_packets",
    "utilisation",
)
FILTER_COLUMNS: Final = (
    "time_s",
    "filter_in_use",
    "largest_counter_bytes",
    "admissions",
    "known_flows",
)


def check(directory: Path) -> None:
    """Raise ``RequestError`` if the directory is there already: nothing is ever overwritten."""
    if directory.exists():
        raise RequestError(f"{directory} exists already; --out names a new directory")


def write(run: Run, directory: Path) -> None:
    """Write the files.

    Raises:
        LabFailure: they cannot be written.
    """
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{directory.name}.", dir=directory.parent))
        try:
            _write_all(run, work)
            work.chmod(0o755)
            work.rename(directory)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    except OSError as error:
        raise LabFailure(f"{directory} cannot be written: {error.strerror}") from None


def _write_all(run: Run, work: Path) -> None:
    (work / "summary.json").write_text(json.dumps(to_json(run), indent=1) + "\n", encoding="utf-8")
    _table(work / "timeline.csv", EVENT_COLUMNS, _events(run))
    flows = [row(flow, run) for flow in top_flows(run)]
    _table(work / "flows.csv", tuple(flows[0]), flows)
    bins = run.series.rows()
    for bin_ in bins:
        # A packet counts where the link took it, so one that straddles two bins may exceed 1.
        bin_["utilisation"] = round(bin_["busy_ns"] / run.series.width_ns, 6)
    _table(work / "queue.csv", QUEUE_COLUMNS, bins)
    _table(work / "filter.csv", FILTER_COLUMNS, bins)


def _events(run: Run) -> Iterable[dict[str, Any]]:
    for event in run.timeline.events():
        yield {
            "time_s": since(run, event.time_ns),
            "flow": event.flow,
            "event": event.what,
            "interval": event.interval,
            "interval_bytes": event.interval_bytes,
            "flow_bytes": event.sent_bytes,
        }


def _table(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
