# SPDX-License-Identifier: GPL-2.0-or-later
"""tcpdump on the router of the bottleneck: one file that holds both of its sides in true order.

Listening on ``any`` shows each packet twice, when it comes in from its sender and when it goes out
through the bottleneck. One socket and one CPU give one order, so where an arrival and a departure
carry the same time stamp, the file still says which was first.
"""

from ipaddress import IPv4Network
from pathlib import Path

from hhf_testbed.errors import LabFailure
from hhf_testbed.proc import Daemon, start, wait_for

SNAP_BYTES = 20 + 60 + 60
"""Cooked header (SLL2), the longest IPv4 header, the longest TCP header."""
BUFFER_KIB = 16_384
READY_DEADLINE_S = 30.0


def start_tap(enter: list[str], destination: IPv4Network, files: Path, place: str) -> Daemon:
    """Capture what goes to ``destination`` into ``files/capture.pcap``; return when it is ready."""
    argv = ["tcpdump", "--interface=any", "--linktype=LINUX_SLL2", "--time-stamp-precision=nano"]
    argv += [f"--snapshot-length={SNAP_BYTES}", f"--buffer-size={BUFFER_KIB}", "-n", "-Z", "root"]
    # To standard output: tcpdump gives a file that it opens to a user, and in a guest whose files
    # belong to an ordinary user of the host it may not.
    argv += ["-w", "-", "dst", "net", str(destination)]
    log = files / "tcpdump.log"
    tap = start([*enter, *argv], stdout=files / "capture.pcap", stderr=log, place=place)

    def ready() -> bool:
        tap.check()
        return "listening on" in log.read_text()

    wait_for(ready, deadline_s=READY_DEADLINE_S, what="tcpdump to listen")
    return tap


def check_tap(log: str) -> None:
    """Check tcpdump's closing words. Raises LabFailure if packets are missing from its file."""
    for line in log.splitlines():
        if line.endswith("dropped by kernel"):
            if not line.startswith("0 "):
                raise LabFailure(f"the capture is incomplete: {line}")
            return
    raise LabFailure("tcpdump did not say how many packets it missed: it was cut off")
