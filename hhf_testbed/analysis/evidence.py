# SPDX-License-Identifier: GPL-2.0-or-later
"""Gathers what the validity of a trial is judged by."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from hhf_testbed.analysis.passage import NEVER, Passage
from hhf_testbed.analysis.record import TrialRecord
from hhf_testbed.analysis.series import TrialSeries
from hhf_testbed.errors import LabFailure
from hhf_testbed.measure.validity import Evidence
from hhf_testbed.traffic.iperf3 import read_report

SAMPLE_NS = 1_000_000
"""A sample takes less than this: 256 ns per clock read in virtual time, about 50 us in real."""
CAPTURED = re.compile(r"^(\d+) packets captured$", re.MULTILINE)
RECEIVED = re.compile(r"^(\d+) packets received by filter$", re.MULTILINE)


def gather(record: TrialRecord, packets: Passage, series: TrialSeries) -> Evidence:
    """Return the evidence of a loaded trial."""
    scenario, probe = record.scenario, series.probe
    idle = probe.time_s < series.idle_s
    load = (probe.time_s >= series.window_s[0]) & (probe.time_s < series.window_s[1])
    frame_bytes = record.shaper.quantum_bytes
    last = record.leaf[-1]
    captured, received = _tcpdump(record.directory / "tcpdump.log")
    return Evidence(
        tcp_load=scenario.bulk_protocol == "tcp",
        utilisation=series.utilisation,
        window_s=series.window_s[1] - series.window_s[0],
        frame_s=record.shaper.service_ns(frame_bytes) / 1e9,
        idle_probes=int(idle.sum()),
        load_probes=int(load.sum()),
        idle_rtt_ms=float(np.median(probe.rtt_ms[idle])) if idle.any() else None,
        rtt_ms=scenario.rtt_ms,
        longest_bytes=int(packets.len_bytes.max()),
        frame_bytes=0 if scenario.offloads else frame_bytes,
        captured=captured,
        received=received,
        counted=(int(last["packets"]), int(last["bytes"])),
        left_least=_left(packets, int(last["time_ns"])),
        left_most=_left(packets, int(last["time_ns"]) + SAMPLE_NS),
        reports=tuple(_complaints(record.directory / "flows")),
        unfinished=tuple(_unfinished(record, packets, series)),
    )


def _tcpdump(log: Path) -> tuple[int | None, int | None]:
    text = log.read_text() if log.is_file() else ""
    captured, received = CAPTURED.search(text), RECEIVED.search(text)
    return int(captured[1]) if captured else None, int(received[1]) if received else None


def _left(packets: Passage, time_ns: int) -> tuple[int, int]:
    """Return packets and bytes that had left at a time."""
    left = (packets.leave_ns != NEVER) & (packets.leave_ns <= time_ns)
    return int(left.sum()), int(packets.len_bytes[left].sum())


def _complaints(flows: Path) -> Iterator[str]:
    for path in sorted(flows.glob("*.json")):
        try:
            read_report(path)
        except LabFailure as failure:
            yield str(failure)


def _unfinished(record: TrialRecord, packets: Passage, series: TrialSeries) -> Iterator[str]:
    """Name each short flow that was started and did not finish."""
    finished = {flow.name for flow in series.short_flows if flow.fct_ms is not None}
    started = [
        p.name.split(".")[0] for p in (record.directory / "flows").glob("short-*.client.json")
    ]
    for name in sorted(set(started) - finished):
        mine = packets.packets_of(name)
        left_bytes = int(packets.payload_bytes[mine[packets.leave_ns[mine] != NEVER]].sum())
        yield f"{name} (of {record.scenario.short_bytes} bytes, {left_bytes} left the bottleneck)"
