# SPDX-License-Identifier: GPL-2.0-or-later
"""The described network in a real kernel: exact delay, single packets, and silence."""

import json
import sys
from collections.abc import Callable
from typing import Any

import pytest

from hhf_testbed import guests
from hhf_testbed.guests import GuestResult
from hhf_testbed.paths import package_dir

pytestmark = pytest.mark.guest
RTT_US = 10_000

IN_A_GUEST = """
import json, os, sys, time
from pathlib import Path
from hhf_testbed.proc import run
from hhf_testbed.tc.bottleneck import install_bottleneck
from hhf_testbed.tc.netns import in_netns
from hhf_testbed.tc.offloads import MERGING, read_offloads
from hhf_testbed.tc.qdisc import QdiscSpec
from hhf_testbed.topologies.dumbbell import dumbbell
from hhf_testbed.topologies.emulate import emulated

network = dumbbell(bulk=1, short=0, rtt_us=int(sys.argv[1]))
seen = {}

def passed(emulation):
    text = Path(f"/proc/{emulation.pid('left')}/net/dev").read_text()
    line = next(line for line in text.splitlines() if "left-eth0:" in line)
    fields = line.split(":")[1].split()
    return [int(fields[1]), int(fields[9])]

time.sleep(0.1)  # as a trial does: timers are exact after the first tick
with emulated(network, offloads=False) as emulation:
    pid = emulation.pid("left")
    install_bottleneck("left-eth0", 50_000_000, QdiscSpec.of("hhf"), hz=int(sys.argv[2]), pid=pid)
    time.sleep(60)
    seen["after silence"] = passed(emulation)
    argv = ["ping", "-n", "-c", "20", "-i", "0.2", str(network.probe.receiver_address)]
    seen["ping"] = run(emulation.inside("p1", argv), deadline_s=60).stdout
    seen["after pings"] = passed(emulation)
    seen["merging"] = [
        (end.name, name)
        for end in network.interfaces()
        for name, on in in_netns(
            emulation.pid(end.node), lambda end=end: read_offloads(end.name)
        ).items()
        if on and name in MERGING
    ]
    nodes = [emulation.pid(node) for node in (*network.hosts, *network.routers)]
    seen["commands"] = emulation.commands
seen["left running"] = [pid for pid in nodes if Path(f"/proc/{pid}").exists()]
print(json.dumps(seen))
"""


@pytest.fixture(scope="module")
def seen(kernel: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What was seen in one guest with a dumbbell of one bulk sender."""
    command = guests.GuestCommand(
        (sys.executable, "-P", "-c", IN_A_GUEST, str(RTT_US), str(kernel.hz)),
        output=tmp_path_factory.mktemp("output"),
        env={"PYTHONPATH": str(package_dir().parent)},
        wall_deadline_s=120,
    )
    done = guests.run(kernel, command)
    assert done.status == 0, done.stderr.decode()
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_an_idle_path_has_the_round_trip_time_asked_for_to_the_microsecond(
    seen: dict[str, Any],
) -> None:
    assert "20 received, 0% packet loss" in seen["ping"]
    numbers = seen["ping"].rpartition("mdev = ")[2].removesuffix(" ms\n").split("/")
    low_us, _, high_us, _ = (round(float(number) * 1000) for number in numbers)
    # Each of the two clock reads of ping, and each step on the way, may cost 256 ns.
    assert RTT_US <= low_us <= high_us <= RTT_US + 5


def test_nothing_passes_the_bottleneck_that_was_not_sent_on_purpose(seen: dict[str, Any]) -> None:
    assert seen["after silence"] == [0, 0]
    assert seen["after pings"] == [20, 20]


def test_no_interface_merges_packets(seen: dict[str, Any]) -> None:
    assert seen["merging"] == []


def test_the_nodes_end_with_the_network(seen: dict[str, Any]) -> None:
    assert seen["left running"] == []


def test_the_log_names_the_node_of_each_command(seen: dict[str, Any]) -> None:
    nodes = {"b1", "B1", "p1", "P1", "left", "right"}
    assert {command.split()[0] for command in seen["commands"]} == nodes
    delays = [command for command in seen["commands"] if "netem delay 10000us" in command]
    assert [command.split()[0] for command in delays] == ["left", "left"]


def test_a_difference_between_described_and_real_ends_it(
    guest: Callable[..., GuestResult],
) -> None:
    script = IN_A_GUEST.replace("seen = {}", WRONG)
    done = guest(
        *(sys.executable, "-P", "-c", script, str(RTT_US), "250"),
        env={"PYTHONPATH": str(package_dir().parent)},
    )
    assert done.status == 1
    assert "LabFailure: no interface 'right-eth9'" in done.stderr.decode()


WRONG = """
from dataclasses import replace
from hhf_testbed.topologies import emulate
real = emulate._address
emulate._address = lambda end: real(
    replace(end, name="right-eth9") if end.name == "right-eth0" else end
)
seen = {}
"""
