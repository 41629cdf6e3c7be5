# SPDX-License-Identifier: GPL-2.0-or-later
"""All probes that play scenarios, in the order in which they are judged.

A slow link (8000 bit/s: 1.5 ms per byte) keeps packets in the queue while they are looked at. The
sample is taken before the second packet may leave.
"""

from typing import Any, Final

from hhf_testbed.conform.scenario import Scenario
from hhf_testbed.params import U32_MAX
from hhf_testbed.recognise.probe import Probe

RATE_BPS: Final = 8000
LATER_NS: Final = 4_000
Row = list[Any]


def _probe(feature: str, asked: str, *rows: Row, **more: Any) -> Probe:
    """Make a probe whose steps come one after the other, ``LATER_NS`` apart."""
    steps = [[row[0], number * LATER_NS, *row[1:]] for number, row in enumerate(rows)]
    fields = {name: more.pop(name) for name in ("hhf", "mtu_bytes", "parent") if name in more}
    head = {"format": 1, "name": feature, "rate_bps": RATE_BPS, "steps": steps}
    return Probe(feature, asked, Scenario.of(head | fields), **more)


HARMLESS: Final = (
    _probe(
        "limit_inclusive",
        "7 packets, limit 3",
        ["enqueue", 1, 1514, 7],
        ["sample"],
        hhf={"limit_packets": 3},
    ),
    _probe(
        "parent_told_bytes",
        "a light packet arrives when limit 3 is full of heavy ones",
        ["enqueue", 1, 1514, 7],
        ["enqueue", 2, 60],
        ["sample"],
        hhf={"limit_packets": 3, "admit_bytes": 2000},
    ),
    _probe(
        "parent_told_on_cn",
        "packets of 60 bytes push out packets of 1000, limit 3",
        ["enqueue", 1, 1000, 5],
        ["enqueue", 1, 60, 2],
        ["sample"],
        hhf={"limit_packets": 3},
        needs="parent_told_bytes",
    ),
    _probe(
        # Without the check dequeue would hang; but there is no packet.
        "zero_quantum_refused",
        "change to weight 0, no packet",
        ["change", {"non_hh_weight": 0}],
        ["sample"],
    ),
    _probe(
        "reset_forgets_flows",
        "link down and up with one heavy hitter known",
        ["enqueue", 1, 1514],
        ["link", "down"],
        ["link", "up"],
        ["sample"],
        hhf={"admit_bytes": 1000},
    ),
    _probe(
        # The model lifts to the floor what add was given and what it was not; no kernel does.
        "initial_quantum_clamped",
        "the default quantum with an MTU of 68 bytes",
        ["sample"],
        mtu_bytes=68,
        held={"quantum_floor": False},
    ),
    _probe(
        "quantum_floor",
        "change to quantum 1",
        ["change", {"quantum_bytes": 1}],
        ["sample"],
    ),
    _probe(
        "hh_limit_capped",
        "add with hh_limit 500, change to 2049",
        ["sample"],
        ["change", {"hh_limit": 2049}],
        ["sample"],
        hhf={"hh_limit": 500},
    ),
    _probe(
        "peeked_bytes_counted",
        "3 packets below tbf, which peeks at the second",
        ["enqueue", 1, 1514, 3],
        ["sample"],
        parent="tbf",
    ),
)
"""These are played in one guest."""

RISKY: Final = (
    (
        _probe(
            # On a kernel for one processor the lock that is left held may do no harm at once;
            # the limit that is left changed is seen at once.
            "checked_before_lock",
            "change to limit 7 with a quantum that is refused",
            ["change", {"limit_packets": 7, "quantum_bytes": U32_MAX}],
            ["sample"],
        ),
    ),
    (
        _probe(
            "peeked_trimmed",
            "change to limit 0 when the only packet is one that tbf has peeked at",
            ["enqueue", 1, 1514, 2],
            ["change", {"limit_packets": 0}],
            parent="tbf",
        ),
        _probe(
            "peeked_trim_counted",
            "the backlog after the same",
            ["enqueue", 1, 1514, 2],
            ["change", {"limit_packets": 0}],
            ["sample"],
            parent="tbf",
            needs="peeked_trimmed",
        ),
    ),
)
"""Each group has a guest of its own: a kernel without the first one's feature may hang in it."""
