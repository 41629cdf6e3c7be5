# SPDX-License-Identifier: GPL-2.0-or-later
"""One trial: one scenario, one qdisc, one kernel. This is what runs inside a guest.

It reads ``trial.json`` in the guest's output directory and writes everything it sees beside it. It
does not know what kind of guest it is in.
"""

import json
import random
import shlex
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from hhf_testbed.errors import LabError
from hhf_testbed.measure.environment import describe, settle
from hhf_testbed.measure.tap import check_tap, start_tap
from hhf_testbed.proc import Daemon, start
from hhf_testbed.scenario import Scenario
from hhf_testbed.tc.bottleneck import install_bottleneck, read_back
from hhf_testbed.tc.qdisc import QdiscSpec
from hhf_testbed.tc.stats import Sampler
from hhf_testbed.topologies.dumbbell import dumbbell
from hhf_testbed.topologies.emulate import Emulation, emulated
from hhf_testbed.traffic.iperf3 import Flow, start_client, start_server
from hhf_testbed.traffic.ping import ping_argv

BULK_PORT = 5201
SHORT_PORT = 6001
TAIL_S = 2.0
"""Short flows start at the latest this long before the bulk flows end."""
DRAIN_S = 60.0
"""How long flows may take to finish after the load, with a full queue and retries."""
LINGER_S = 3.0
"""tcpdump gets its last packets within a second of their arrival (its ring's block time-out)."""


def main(argv: list[str]) -> int:
    """Run the trial of ``argv[0]/trial.json``; exit status 0 or 2.

    ``argv[1]`` is the library that iperf3 clients are preloaded with.
    """
    files = Path(argv[0])
    try:
        spec = json.loads((files / "trial.json").read_text())
        scenario = Scenario.of(spec["scenario"])
        qdisc = QdiscSpec.from_json(spec["qdisc"])
        Trial(scenario, qdisc, spec["seed"], files, Path(argv[1])).run()
    except LabError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


class Trial:
    """A trial in progress."""

    def __init__(
        self, scenario: Scenario, qdisc: QdiscSpec, seed: int, files: Path, patience: Path
    ) -> None:
        self.scenario, self.qdisc, self.files, self.patience = scenario, qdisc, files, patience
        self._random = random.Random(seed)
        self._daemons: list[Daemon] = []
        self._flows_dir = files / "flows"

    def run(self) -> None:
        """Build, measure, take down."""
        self._flows_dir.mkdir(exist_ok=True)
        scenario = self.scenario
        network = dumbbell(
            bulk=scenario.bulk_senders,
            short=scenario.short_senders if scenario.short_per_s else 0,
            rtt_us=round(scenario.rtt_ms * 1000),
        )
        environment = describe()
        settle()
        with emulated(network, offloads=scenario.offloads) as emulation:
            bottleneck = network.bottleneck
            pid = emulation.pid(bottleneck.node)
            emulation.note(
                bottleneck.node,
                install_bottleneck(
                    bottleneck.name, scenario.rate_bps, self.qdisc, hz=environment["hz"], pid=pid
                ),
            )
            environment["bottleneck_made_ns"] = time.time_ns()
            environment["bottleneck"] = read_back(bottleneck.name, pid=pid).to_json()
            self._measure(emulation, environment)
        (self.files / "commands.txt").write_text("\n".join(emulation.commands) + "\n")
        _write_json(self.files / "environment.json", environment)

    def _measure(self, emulation: Emulation, environment: dict[str, object]) -> None:
        network = emulation.network
        router = network.bottleneck.node
        with ExitStack() as stack:
            tap = stack.enter_context(
                start_tap(
                    emulation.inside(router, []), network.receivers_prefix, self.files, router
                )
            )
            sampler = stack.enter_context(
                Sampler(network.bottleneck.name, pid=emulation.pid(router))
            )
            stack.callback(self._stop_all)
            self._start_servers(emulation)
            _sleep_to_whole_second()
            environment["started_ns"] = time.time_ns()
            self._run_timeline(emulation, sampler)
            for daemon in self._daemons:
                daemon.wait(DRAIN_S)
            time.sleep(LINGER_S)
            tap.stop()
        check_tap((self.files / "tcpdump.log").read_text())

    def _stop_all(self) -> None:
        for daemon in self._daemons:
            daemon.stop()

    def _start_servers(self, emulation: Emulation) -> None:
        self._bulk = self._bulk_flows(emulation)
        self._short = self._short_flows(emulation)
        idle_s = int(self.scenario.duration_s + DRAIN_S)
        for flow in (*self._bulk, *(flow for _, flow in self._short)):
            enter = emulation.inside(flow.sender, [])
            emulation.note(flow.sender, [shlex.join(flow.server_argv(idle_s)) + " &"])
            self._daemons.append(
                start_server(flow, enter, self._flows_dir, idle_s=idle_s, preload=self.patience)
            )

    def _bulk_flows(self, emulation: Emulation) -> list[Flow]:
        tcp = self.scenario.bulk_protocol == "tcp"
        return [
            Flow(
                f"bulk-{number:03d}",
                pair.sender,
                pair.receiver,
                pair.sender_address,
                BULK_PORT,
                seconds=self.scenario.load_s,
                congestion=self.scenario.bulk_congestion if tcp else None,
                udp_bps=self.scenario.bulk_udp_bps,
            )
            for number, pair in enumerate(emulation.network.bulk, 1)
        ]

    def _short_flows(self, emulation: Emulation) -> list[tuple[float, Flow]]:
        """Return each short flow with its start, in seconds; arrivals are Poisson by the seed."""
        pairs = emulation.network.short
        return [
            (
                at_s,
                Flow(
                    f"short-{number:04d}",
                    pair.sender,
                    pair.receiver,
                    pair.sender_address,
                    SHORT_PORT + number,
                    size_bytes=self.scenario.short_bytes,
                ),
            )
            for number, at_s in enumerate(self._arrivals_s())
            for pair in [pairs[number % len(pairs)]]
        ]

    def _arrivals_s(self) -> Iterator[float]:
        if not self.scenario.short_per_s:
            return
        at_s = self.scenario.idle_s + self.scenario.warmup_s
        while (at_s := at_s + self._random.expovariate(self.scenario.short_per_s)) < (
            self.scenario.duration_s - TAIL_S
        ):
            yield at_s

    def _run_timeline(self, emulation: Emulation, sampler: Sampler) -> None:
        """Do everything at its time, on a schedule that is fixed before it starts."""
        start_s = time.monotonic()
        self._start_probe(emulation)
        with (self.files / "samples.jsonl").open("w") as samples:
            for at_s, act in sorted(self._events(emulation, sampler, samples.write), key=_time):
                time.sleep(max(0.0, start_s + at_s - time.monotonic()))
                act()

    def _events(
        self, emulation: Emulation, sampler: Sampler, write: Callable[[str], int]
    ) -> Iterator[tuple[float, Callable[[], None]]]:
        def client(flow: Flow) -> None:
            enter = emulation.inside(flow.receiver, [])
            emulation.note(flow.receiver, [shlex.join(flow.client_argv()) + " &"])
            self._daemons.append(start_client(flow, enter, self._flows_dir, preload=self.patience))

        def sample() -> None:
            write(json.dumps(sampler.sample(), separators=(",", ":")) + "\n")

        for flow in self._bulk:
            yield self.scenario.idle_s, partial(client, flow)
        for at_s, flow in self._short:
            yield at_s, partial(client, flow)
        interval_s = self.scenario.sample_interval_ms / 1000
        for number in range(int(self.scenario.duration_s / interval_s) + 1):
            yield number * interval_s, sample
        for second in range(int(self.scenario.duration_s) + 1):
            yield float(second), partial(print, second, flush=True)

    def _start_probe(self, emulation: Emulation) -> None:
        pair = emulation.network.probe
        count = int(self.scenario.duration_s * 1000 / self.scenario.probe_interval_ms)
        argv = ping_argv(
            pair.receiver_address, interval_ms=self.scenario.probe_interval_ms, count=count
        )
        emulation.note(pair.sender, [shlex.join(argv) + " &"])
        self._daemons.append(
            start(
                emulation.inside(pair.sender, argv),
                stdout=self.files / "ping.txt",
                stderr=self.files / "ping.err",
                place=f"in node {pair.sender}",
            )
        )


def _sleep_to_whole_second() -> None:
    """Begin on a fixed grid: set-up takes a little more or less time on another host or user."""
    now_ns = time.monotonic_ns()
    time.sleep((-now_ns % 10**9) / 1e9)


def _time(event: tuple[float, object]) -> float:
    return event[0]


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
