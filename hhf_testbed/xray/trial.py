# SPDX-License-Identifier: GPL-2.0-or-later
"""The x-ray of a run: the model walks along with the kernel, as in ``analysis.replay``."""

from pathlib import Path
from typing import TextIO

import numpy as np

from hhf_testbed.analysis.flows import Flow as TrialFlow
from hhf_testbed.analysis.flows import read_servers
from hhf_testbed.analysis.passage import Passage, passage
from hhf_testbed.analysis.predict import new_model
from hhf_testbed.analysis.record import TrialRecord, read_record
from hhf_testbed.analysis.replay import flow_hash
from hhf_testbed.errors import RequestError
from hhf_testbed.measure.captures import read_capture
from hhf_testbed.measure.headers import IPV4
from hhf_testbed.progress import Step
from hhf_testbed.replay.clock import Clock
from hhf_testbed.replay.flows import Flow
from hhf_testbed.replay.watch import Watch
from hhf_testbed.store.run_directory import open_run
from hhf_testbed.xray.events import EventLines
from hhf_testbed.xray.eye import Eye
from hhf_testbed.xray.scene import Scene

PROGRESS_EVENTS = 20_000


def of_run(directory: Path, events: TextIO, step: Step) -> Scene:
    """Let the model walk through a run's trial of hhf and watch.

    Raises:
        RequestError: it is no finished run, or has no trial of hhf.
        LabFailure: the trial is damaged.
    """
    kernel = open_run(directory)["kernel"]
    trial = directory / "trials" / "hhf"
    if not trial.is_dir():
        raise RequestError(f"run {directory} has no trial of hhf, and only that has an x-ray")
    record = read_record(trial)
    capture = read_capture(trial / "capture.pcap")
    packets = passage(capture, read_servers(trial / "flows"), record.started_ns)
    walk = Walk(record, packets, events)
    walk.through(step)
    return Scene(
        title=f"run {directory.resolve().name}",
        departures=(
            f"Arrivals and departures are those of kernel {kernel['release']}, HZ {kernel['hz']}; "
            f"of its {walk.departures:,} departures, {walk.same:,} were of the packet that the "
            "model named."
        ),
        watch=walk.watch,
        eye=walk.eye,
        flows=walk.flows,
    )


class Walk:
    """A walk in progress.

    Attributes:
        departures, same: of the kernel; those of them whose packet the model named.
    """

    def __init__(self, record: TrialRecord, packets: Passage, events: TextIO) -> None:
        # As in ``analysis.replay``: the file's order is right, even where its time stamps are not.
        self._times_ns: list[int] = np.maximum.accumulate(packets.event_ns()).tolist()
        self._events: list[int] = packets.events.tolist()
        self._flow: list[int] = packets.flow.tolist()
        self._len_bytes: list[int] = packets.len_bytes.tolist()
        environment = record.environment
        start_ns = min(record.started_ns, *self._times_ns[:1])
        boot_ns = int(environment["realtime_minus_monotonic_ns"])
        self.watch = Watch(new_model(record), Clock(start_ns, int(environment["hz"]), boot_ns))
        self._lines = EventLines(events, start_ns)
        self.eye = Eye(self.watch, self._lines)
        self.watch.observer = self.eye
        self.flows = [_flow(flow) for flow in packets.flows]
        self._arrived_ns = [0] * len(self._flow)
        self.departures = self.same = 0

    def through(self, step: Step) -> None:
        """Go through all events."""
        pairs = zip(self._events, self._times_ns, strict=True)
        for done, (event, time_ns) in enumerate(pairs):
            self.watch.clock.now_ns = time_ns
            if event >= 0:
                self._arrive(event, time_ns)
            else:
                self._depart(~event, time_ns)
            if not done % PROGRESS_EVENTS:
                step.at(done)
        self.watch.end(self.flows)
        self.eye.end(self.watch.clock.now_ns)

    def _arrive(self, number: int, time_ns: int) -> None:
        self.watch.tick()
        flow = self.flows[self._flow[number]]
        if not flow.packets:
            flow.first_ns = time_ns
        self._arrived_ns[number] = time_ns
        self.watch.arrive(flow, self._len_bytes[number])

    def _depart(self, number: int, time_ns: int) -> None:
        packet = self.watch.depart(time_ns)
        self.departures += 1
        if packet is not None:
            came_ns, flow, _ = packet.key
            seen = self._arrived_ns[number], self.flows[self._flow[number]]
            self.same += (came_ns, flow) == seen


def _flow(flow: TrialFlow) -> Flow:
    """Return the watch's flow for a trial's, with the hash that the comparison gives it."""
    protocol, source, target, source_port, target_port = flow.five_tuple
    ports = source_port.to_bytes(2, "big") + target_port.to_bytes(2, "big")
    addresses = source.to_bytes(4, "big"), target.to_bytes(4, "big")
    return Flow((IPV4, protocol, *addresses, ports, b""), flow_hash(flow.five_tuple), 0, flow.name)
