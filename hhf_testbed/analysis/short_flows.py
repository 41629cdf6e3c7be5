# SPDX-License-Identifier: GPL-2.0-or-later
"""Flow completion times by the capture: from the first packet of a flow's data connection reaching
the bottleneck to the last octet of its data leaving it.

The sender is iperf3's server, so that first packet is its SYN-ACK. What a user waits for has, on
top of this, the SYN's way to the sender.
"""

from collections.abc import Iterable

from hhf_testbed.analysis.passage import NEVER, Passage
from hhf_testbed.analysis.series import ShortFlow

SEQUENCE_SPACE = 1 << 32
Segment = tuple[int, int, int]
"""When it left (ns), its first octet and the one after its last, counted from the SYN."""


def short_flows(passage: Passage, size_bytes: int) -> tuple[ShortFlow, ...]:
    """Return all short flows in order of their names.

    A flow that never opened its data connection is not among them.

    Args:
        passage: all packets.
        size_bytes: what each flow was to send.
    """
    names = sorted(
        flow.name for flow in passage.flows if flow.traffic == "short" and not flow.is_control
    )
    return tuple(_short_flow(passage, name, size_bytes) for name in names)


def _short_flow(passage: Passage, name: str, size_bytes: int) -> ShortFlow:
    packets = passage.packets_of(name)
    start_ns = int(passage.arrive_ns[packets[0]])
    segments = []
    first = int(passage.sequence[packets[0]]) + 1
    for packet in packets[passage.payload_bytes[packets] > 0].tolist():
        begin = (int(passage.sequence[packet]) - first) % SEQUENCE_SPACE
        end = begin + int(passage.payload_bytes[packet])
        segments.append((int(passage.leave_ns[packet]), begin, end))
    finished_ns = completed_ns(segments, size_bytes)
    return ShortFlow(
        name,
        (start_ns - passage.started_ns) / 1e9,
        size_bytes,
        None if finished_ns is None else (finished_ns - start_ns) / 1e6,
    )


def completed_ns(segments: Iterable[Segment], least_bytes: int) -> int | None:
    """Return when the last octet left that had not left before; None if some never did.

    Retransmissions may overlap; of each octet the first copy to leave counts. iperf3 sends at
    least ``least_bytes`` (a cookie of its own before them), so fewer in all are not everything.
    """
    segments = list(segments)
    total_bytes = max((end for _, _, end in segments), default=0)
    edge, ahead = 0, []
    for leave_ns, begin, end in sorted(s for s in segments if s[0] != NEVER):
        ahead.append((begin, end))
        ahead.sort()
        while ahead and ahead[0][0] <= edge:
            edge = max(edge, ahead.pop(0)[1])
        if edge == total_bytes >= least_bytes:
            return leave_ns
    return None
