# SPDX-License-Identifier: GPL-2.0-or-later
"""Who looks on while packets pass HHF."""

from dataclasses import dataclass
from typing import Protocol

from hhf_testbed.replay.filter_load import FilterLoad
from hhf_testbed.replay.flows import Flow


@dataclass(frozen=True, slots=True)
class Event:
    """What happened to a flow.

    Attributes:
        time_ns: when. It may have become known only later.
        what: "admitted", "evicted", "missed", "false positive" or "early"; see the package.
        interval, interval_bytes, sent_bytes: the interval of the flow's latest packet, what the
            flow had sent in it, and at all, when this became known.
    """

    time_ns: int
    what: str
    flow: Flow
    interval: int
    interval_bytes: int
    sent_bytes: int

    @classmethod
    def of(cls, time_ns: int, flow: Flow, what: str) -> "Event":
        """Return an event with what the flow has sent by now."""
        return cls(time_ns, what, flow, flow.interval, flow.interval_bytes, flow.sent_bytes)


class Observer(Protocol):
    """Is told of everything, after it happened; times are of the watch's clock.

    ``heavy``: HHF treated the packet as one of a heavy hitter.
    """

    def arrived(self, now_ns: int, flow: Flow, len_bytes: int, heavy: bool) -> None:
        """A packet was queued."""

    def dropped(self, now_ns: int, flow: Flow, len_bytes: int, heavy: bool) -> None:
        """A packet was dropped for the one that is told of next, and may be that one."""

    def departed(self, now_ns: int, flow: Flow, len_bytes: int, heavy: bool) -> None:
        """A packet left."""

    def interval_ends(self, now_ns: int, interval: int, load: FilterLoad) -> None:
        """Filter F, so full, is about to be reset, or there are no more arrivals."""

    def noted(self, event: Event) -> None:
        """Something happened to a flow."""

    def forgot(self, flow: Flow) -> None:
        """The flow book forgets a flow; if it comes back, it is another one."""


class Nobody:
    """Looks at nothing."""

    def arrived(self, now_ns: int, flow: Flow, len_bytes: int, heavy: bool) -> None:
        """See ``Observer``."""

    def dropped(self, now_ns: int, flow: Flow, len_bytes: int, heavy: bool) -> None:
        """See ``Observer``."""

    def departed(self, now_ns: int, flow: Flow, len_bytes: int, heavy: bool) -> None:
        """See ``Observer``."""

    def interval_ends(self, now_ns: int, interval: int, load: FilterLoad) -> None:
        """See ``Observer``."""

    def noted(self, event: Event) -> None:
        """See ``Observer``."""

    def forgot(self, flow: Flow) -> None:
        """See ``Observer``."""
