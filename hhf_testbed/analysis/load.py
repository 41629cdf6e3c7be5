# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes a ``TrialSeries`` of a trial's directory."""

from pathlib import Path

import numpy as np

from hhf_testbed.analysis.evidence import gather
from hhf_testbed.analysis.flows import read_servers
from hhf_testbed.analysis.passage import Passage, passage
from hhf_testbed.analysis.predict import predict, replayed
from hhf_testbed.analysis.queue import drop_times, queue_by_class
from hhf_testbed.analysis.record import TrialRecord, read_record
from hhf_testbed.analysis.series import Ints, Probe, TrialSeries
from hhf_testbed.analysis.short_flows import short_flows
from hhf_testbed.analysis.throughput import flow_throughputs, utilisation
from hhf_testbed.errors import LabFailure
from hhf_testbed.measure.captures import read_capture
from hhf_testbed.measure.validity import check_validity


def load_trial(directory: Path) -> TrialSeries:
    """Read everything that a trial wrote, and let the model predict it if the qdisc is hhf.

    Raises:
        LabFailure: a file is missing, damaged, or does not fit the others; the text says which.
    """
    return load_with_problems(directory)[0]


def load_with_problems(directory: Path) -> tuple[TrialSeries, list[str]]:
    """As ``load_trial``, and say why the trial cannot be trusted; an empty list if it can."""
    record = read_record(directory)
    capture = read_capture(directory / "capture.pcap")
    packets = passage(capture, read_servers(directory / "flows"), record.started_ns)
    loaded = series(record, packets)
    return loaded, check_validity(gather(record, packets, loaded))


def series(record: TrialRecord, packets: Passage) -> TrialSeries:
    """Put a trial together from its small files and its packets."""
    scenario, kind = record.scenario, record.qdisc.kind
    probe, requests = _probe(record, packets)
    played = replayed(record, packets) if kind == "hhf" else None
    drop_ns = played.drop_ns if played else drop_times(packets, kind)
    return TrialSeries(
        qdisc=kind,
        rate_bps=record.environment["bottleneck"]["rate_bps"],
        idle_s=scenario.idle_s,
        window_s=record.window_s,
        probe=probe,
        flows=flow_throughputs(packets, scenario.duration_s),
        short_flows=short_flows(packets, scenario.short_bytes),
        transit=packets.transit(),
        queue=queue_by_class(packets, drop_ns, record.sample_ns),
        xstats=record.leaf[-1]["xstats"],
        drops=record.leaf[-1]["drops"],
        utilisation=utilisation(packets, record.shaper, record.window_s),
        prediction=predict(record, packets, played, probe, requests) if played else None,
    )


def _probe(record: TrialRecord, packets: Passage) -> tuple[Probe, Ints]:
    """Return the probes, and the packet of each.

    A probe was sent when it reached the bottleneck: nothing on the way there takes time. Its
    round-trip time is ping's, which prints three digits or four. Answers to probes that are not
    in the capture are left out; validity says that packets are missing there.

    Raises:
        LabFailure: probes came to the bottleneck in another order than that of their numbers.
    """
    requests = packets.packets_of("probe")
    replies = [reply for reply in record.ping.replies if reply.sequence <= len(requests)]
    numbers = np.array([reply.sequence for reply in replies], np.int64)
    found = requests[numbers - 1]
    if np.any(packets.sequence[found] != numbers % (1 << 16)):
        raise LabFailure(f"probes are missing in the middle of the capture in {record.directory}")
    rtt_ms = np.array([reply.rtt_ms for reply in replies], np.float64)
    return Probe(packets.seconds(packets.arrive_ns[found]), rtt_ms, record.ping.sent), found
