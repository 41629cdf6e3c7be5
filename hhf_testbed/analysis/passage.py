# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets on their way through the bottleneck: each arrival, and when it left if it did."""

from dataclasses import dataclass

import numpy as np

from hhf_testbed.analysis.flows import Flow, Server, find_flows
from hhf_testbed.analysis.series import Floats, Ints, Transit
from hhf_testbed.measure.captures import Capture
from hhf_testbed.measure.matching import match

NEVER = -1
"""Stands for a time or number that does not exist."""


@dataclass(frozen=True)
class Passage:
    """One element per packet in each array, in order of arrival, except where stated.

    Attributes:
        started_ns: zero of the times in seconds.
        arrive_ns, leave_ns: CLOCK_REALTIME; ``NEVER`` if it was not seen to leave.
        flow, traffic: indices into ``flows`` and into ``series.CLASSES``.
        sequence, payload_bytes: see ``captures.Capture``.
        events: what happened, in the kernel's order: i if packet i came, ~i if it left.
    """

    started_ns: int
    flows: tuple[Flow, ...]
    arrive_ns: Ints
    leave_ns: Ints
    len_bytes: Ints
    flow: Ints
    traffic: Ints
    sequence: Ints
    payload_bytes: Ints
    events: Ints

    def seconds(self, times_ns: Ints) -> Floats:
        """Return seconds after the start, NaN for ``NEVER``."""
        return np.where(times_ns == NEVER, np.nan, (times_ns - self.started_ns) / 1e9)

    def transit(self) -> Transit:
        """Return what the rest of the analysis gets to see."""
        return Transit(
            self.seconds(self.arrive_ns),
            self.seconds(self.leave_ns),
            self.len_bytes,
            self.traffic,
            self.flow,
        )

    def event_ns(self) -> Ints:
        """Return the time of each event."""
        left = self.events < 0
        number = np.where(left, ~self.events, self.events)
        return np.where(left, self.leave_ns[number], self.arrive_ns[number])

    def packets_of(self, name: str) -> Ints:
        """Return the packets of the flow with this name; empty if there is no such flow."""
        numbers = [number for number, flow in enumerate(self.flows) if flow.name == name]
        return np.flatnonzero(np.isin(self.flow, numbers))


def passage(capture: Capture, servers: dict[Server, str], started_ns: int) -> Passage:
    """Match departures with arrivals and name the flows.

    Raises:
        LabFailure: a packet left that never came, or belongs to no known flow.
    """
    partner = match(capture.leaving, capture.identity)
    arrivals = np.flatnonzero(~capture.leaving)
    number = np.cumsum(~capture.leaving) - 1
    departures = partner[arrivals]
    found = find_flows(capture, arrivals, servers)
    return Passage(
        started_ns=started_ns,
        flows=found.flows,
        arrive_ns=capture.time_ns[arrivals],
        leave_ns=np.where(departures == NEVER, NEVER, capture.time_ns[departures]),
        len_bytes=capture.len_bytes[arrivals],
        flow=found.of_packet,
        traffic=found.traffic_of_packet,
        sequence=capture.sequence[arrivals],
        payload_bytes=capture.payload_bytes[arrivals],
        events=np.where(capture.leaving, ~number[partner], number),
    )
