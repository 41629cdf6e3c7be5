# SPDX-License-Identifier: GPL-2.0-or-later
"""Events as lines of JSON, written as they become known: memory for none of them.

Each has ``time_s``, in seconds since the start, and ``event``:

admitted, evicted, missed, early, false positive
    ``flow``; ``interval`` of the flow's latest packet, ``interval_bytes`` and ``flow_bytes``, what
    the flow had sent in it and at all. An eviction becomes known when the flow is back or at the
    end, and a false positive when its interval ends: such a line stands later than its time.
dropped
    ``flow``; ``len_bytes``; ``bucket``, "heavy" or "other".
interval ends
    ``interval``; filter F before its reset, per array: ``in_use``, the share of counters with a
    valid bit, and ``largest_bytes``; ``known_flows`` in table T; ``queue_packets`` and
    ``queue_bytes`` by bucket.
end
    ``packets``, so that a file that was cut off can be told.
"""

import json
from typing import Any, TextIO

from hhf_testbed.replay.observer import Event


class EventLines:
    """Writes events to an open file; ``written`` counts them."""

    def __init__(self, file: TextIO, start_ns: int) -> None:
        self._file, self._start_ns = file, start_ns
        self.written = 0

    def write(self, time_ns: int, event: str, **values: Any) -> None:
        """Write one line."""
        head = {"time_s": (time_ns - self._start_ns) / 1e9, "event": event}
        self._file.write(json.dumps(head | values, separators=(",", ":")) + "\n")
        self.written += 1

    def happened(self, event: Event) -> None:
        """Write what happened to a flow."""
        self.write(
            event.time_ns,
            event.what,
            flow=event.flow.name,
            interval=event.interval,
            interval_bytes=event.interval_bytes,
            flow_bytes=event.sent_bytes,
        )
