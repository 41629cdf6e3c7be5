# SPDX-License-Identifier: GPL-2.0-or-later
"""iperf3: one server and one client per flow, each on a port of its own, each with a deadline.

The server is the sender (``--reverse``), for two reasons. A client that sends ends the test when
it has *written* the last byte, and its server then closes the connection with most of a short
flow still on its way (seen with 3.12: of 50 kB, 14 arrive); a client that receives ends it when
everything is there. And a client that sends spins while it waits for the server's go-ahead.

A server is used once (``--one-off``) because iperf3 servers stick after a broken test, and it ends
by itself when nobody comes (``--idle-timeout``).
"""

import json
import os
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from hhf_testbed.errors import LabFailure
from hhf_testbed.proc import Daemon, start, wait_for

SERVER_DEADLINE_S = 30.0
"""A server listens within milliseconds; this is only reached when it never will."""
TCP_LISTEN = "0A"


@dataclass(frozen=True)
class Flow:
    """One iperf3 test.

    Attributes:
        name: also the stem of its files.
        sender, receiver: node names; the server is the sender.
        address, port: where the server listens.
        seconds: how long to send; exactly one of this and ``size_bytes`` is set.
        size_bytes: how much to send.
        congestion: TCP congestion control; None sends UDP at ``udp_bps``.
        udp_bps: UDP payload rate, bit/s.
    """

    name: str
    sender: str
    receiver: str
    address: IPv4Address
    port: int
    seconds: float | None = None
    size_bytes: int | None = None
    congestion: str | None = "cubic"
    udp_bps: int = 0

    def server_argv(self, idle_s: int) -> list[str]:
        """Command of the server; it gives up after ``idle_s`` seconds without a client."""
        options = ["--one-off", "--json", f"--port={self.port}", f"--idle-timeout={idle_s}"]
        return ["iperf3", "--server", *options]

    def client_argv(self) -> list[str]:
        """Command of the client."""
        argv = ["iperf3", f"--client={self.address}", f"--port={self.port}", "--json"]
        argv.append("--reverse")
        if self.seconds is not None:
            argv.append(f"--time={self.seconds:g}")
        if self.size_bytes is not None:
            # One write of the whole flow: iperf3 sends whole blocks, never a part of one.
            argv += [f"--bytes={self.size_bytes}", f"--length={min(self.size_bytes, 131_072)}"]
        if self.congestion is not None:
            return [*argv, f"--congestion={self.congestion}"]
        return [*argv, "--udp", f"--bitrate={self.udp_bps}"]


def start_server(
    flow: Flow, enter: list[str], files: Path, *, idle_s: int, preload: Path
) -> Daemon:
    """Start a flow's server and return when it listens.

    Args:
        flow: the test.
        enter: argv prefix that enters the sender's namespace.
        files: directory for its output, ``NAME.server.json``.
        idle_s: seconds after which it gives up.
        preload: the library made of ``iperf3_patience.c``.

    Raises:
        LabFailure: it ended or does not listen.
    """
    argv = [*enter, *flow.server_argv(idle_s)]
    server = _start(flow, "server", argv, files, flow.sender, preload)

    def listening() -> bool:
        server.check()
        return listens(server.pid, flow.port)

    what = f"iperf3 to listen on port {flow.port} of {flow.sender}"
    wait_for(listening, deadline_s=SERVER_DEADLINE_S, what=what)
    return server


def start_client(flow: Flow, enter: list[str], files: Path, *, preload: Path) -> Daemon:
    """Start a flow's client; ``enter`` enters the receiver's namespace."""
    argv = [*enter, *flow.client_argv()]
    return _start(flow, "client", argv, files, flow.receiver, preload)


def _start(
    flow: Flow,
    side: str,
    argv: list[str],
    files: Path,
    node: str,
    preload: Path,
) -> Daemon:
    return start(
        argv,
        stdout=files / f"{flow.name}.{side}.json",
        stderr=files / f"{flow.name}.{side}.err",
        env={**os.environ, "LD_PRELOAD": str(preload)},
        place=f"in node {node}",
    )


def listens(pid: int, port: int) -> bool:
    """Whether something listens on a TCP port in the network namespace of process ``pid``."""
    for table in ("tcp", "tcp6"):
        try:
            lines = Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]
        except FileNotFoundError:
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == TCP_LISTEN and int(fields[1].rsplit(":", 1)[1], 16) == port:
                return True
    return False


def read_report(path: Path) -> dict[str, Any]:
    """Parse iperf3's JSON.

    Raises:
        LabFailure: there is none, it is cut off, or iperf3 reported an error in it.
    """
    try:
        report: dict[str, Any] = json.loads(path.read_text())
    except (FileNotFoundError, ValueError) as error:
        raise LabFailure(f"{path} is no report of iperf3: {error}") from None
    if "error" in report:
        raise LabFailure(f"iperf3 reported in {path.name}: {report['error']}")
    return report


def received_bps(report: dict[str, Any]) -> float:
    """Goodput that the receiver of a client's report saw, bit/s."""
    end = report["end"]
    total = end["sum_received"] if "sum_received" in end else end["sum"]
    return float(total["bits_per_second"])
