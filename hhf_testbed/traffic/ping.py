# SPDX-License-Identifier: GPL-2.0-or-later
"""ping: the round-trip time as a user of the network sees it."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address

from hhf_testbed.errors import LabFailure

REPLY = re.compile(r"^\[(\d+)\.(\d{6})\] .* icmp_seq=(\d+) .* time=([\d.]+) ms$")
SENT = re.compile(r"^(\d+) packets transmitted, (\d+) received")


@dataclass(frozen=True)
class Reply:
    """One answer: when it came (nanoseconds since 1970), its number, and the RTT in ms."""

    time_ns: int
    sequence: int
    rtt_ms: float


@dataclass(frozen=True)
class PingResult:
    """All answers, and how many probes were sent."""

    sent: int
    replies: tuple[Reply, ...]


def ping_argv(address: IPv4Address, *, interval_ms: int, count: int) -> list[str]:
    """Command that sends ``count`` probes and then waits two seconds for the last answers."""
    options = ["-n", "-D", "-i", f"{interval_ms / 1000:g}", "-c", str(count), "-W", "2"]
    return ["ping", *options, str(address)]


def parse_ping(text: str) -> PingResult:
    """Parse what ``ping -n -D`` of iputils printed.

    Raises:
        LabFailure: its summary is missing, so it did not end by itself.
    """
    replies, sent = [], None
    for line in text.splitlines():
        if match := REPLY.match(line):
            time_ns = int(match[1]) * 10**9 + int(match[2]) * 1000
            replies.append(Reply(time_ns, int(match[3]), float(match[4])))
        elif match := SENT.match(line):
            sent = int(match[1])
    if sent is None:
        raise LabFailure("the output of ping has no summary: it was cut off")
    return PingResult(sent, tuple(replies))
