# SPDX-License-Identifier: GPL-2.0-or-later
"""What happened to which flow when: admissions, evictions, mistakes."""

from dataclasses import dataclass
from typing import Final

from hhf_testbed.replay.flows import Flow

MAX_EVENTS: Final = 20_000
"""A few megabytes. Later events are only counted."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event: when, to which flow, what, and what the flow had sent by then (see ``Truth``)."""

    time_ns: int
    flow: str
    what: str
    interval: int
    interval_bytes: int
    sent_bytes: int


class Timeline:
    """The events in the order in which they became known; ``lost`` are those not kept."""

    def __init__(self, max_events: int = MAX_EVENTS) -> None:
        self._max_events = max_events
        self._events: list[Event] = []
        self.lost = 0

    def add(self, time_ns: int, flow: Flow, what: str) -> None:
        """Note an event."""
        if len(self._events) >= self._max_events:
            self.lost += 1
            return
        self._events.append(
            Event(time_ns, flow.name, what, flow.interval, flow.interval_bytes, flow.sent_bytes)
        )

    def events(self) -> list[Event]:
        """Return the events in the order of time."""
        return sorted(self._events, key=lambda event: event.time_ns)
