# SPDX-License-Identifier: GPL-2.0-or-later
"""One namespace set up in one visit, and checked; the real kernel is asked in a guest."""

import sys
from collections.abc import Callable

import pytest

from hhf_testbed.errors import LabFailure
from hhf_testbed.guests import GuestResult
from hhf_testbed.kernels import Kernel
from hhf_testbed.paths import package_dir
from hhf_testbed.tc.namespace import Address, Neighbour, _commands, _sysctl, set_up

HERE = Address("a0", "10.9.0.1", 30, "02:00:00:00:00:01")
THERE = Neighbour("a0", "10.9.0.2", "02:00:00:00:00:02")


def test_the_commands_can_be_pasted_in_order() -> None:
    assert _commands(
        {"net.ipv4.ip_forward": "1"}, [HERE], [("0.0.0.0/0", "10.9.0.2")], [THERE]
    ) == [
        "sysctl -w net.ipv4.ip_forward=1",
        "ip address replace 10.9.0.1/30 dev a0",
        "ip link set a0 up",
        "ip route replace 0.0.0.0/0 via 10.9.0.2",
        "ip neigh replace 10.9.0.2 lladdr 02:00:00:00:00:02 dev a0 nud permanent",
    ]


def test_a_sysctl_that_does_not_exist_is_named() -> None:
    with pytest.raises(LabFailure, match=r"^sysctl net.no.such: "):
        _sysctl("net.no.such", "1")


def test_a_process_that_does_not_exist_is_named() -> None:
    with pytest.raises(LabFailure, match="/proc/4194305/ns/net"):
        set_up(2**22 + 1, sysctls={}, addresses=[], routes=[], neighbours=[])


IN_A_GUEST = """
import os, subprocess
from dataclasses import replace
from hhf_testbed.errors import LabFailure
from hhf_testbed.tc.namespace import Address, Neighbour, set_up

def ip(*words):
    return subprocess.run(["ip", *words], check=True, capture_output=True, text=True).stdout

here = Address("a0", "10.9.0.1", 30, "02:00:00:00:00:01")
there = Neighbour("a0", "10.9.0.2", "02:00:00:00:00:02")
wanted = dict(sysctls={"net.ipv4.ip_forward": "1"}, addresses=[here],
              routes=[("0.0.0.0/0", "10.9.0.2")], neighbours=[there])
ip("link", "add", "a0", "address", here.mac, "type", "veth", "peer", "b0")
ip("link", "set", "b0", "up")
for _ in range(2):
    set_up(os.getpid(), **wanted)
assert "10.9.0.1/30" in ip("address", "show", "a0")
assert ip("route").startswith("default via 10.9.0.2 dev a0")
assert "10.9.0.2 lladdr 02:00:00:00:00:02 PERMANENT" in ip("neigh", "show", "dev", "a0")
assert open("/proc/sys/net/ipv4/ip_forward").read() == "1\\n"
for change, said in (
    (dict(addresses=[replace(here, mac="02:00:00:00:00:09")]), "MAC of a0: asked 02:00:00:00:0"),
    (dict(addresses=[replace(here, interface="z9")]), "no interface 'z9'"),
    (dict(addresses=[replace(here, address="10.9.0.9")]), "address of a0: asked"),
    (dict(routes=[("10.8.0.0/16", "10.7.0.1")]), "setting up the namespace of process"),
):
    try:
        set_up(os.getpid(), **{**wanted, **change})
    except LabFailure as error:
        assert said in str(error), error
    else:
        raise AssertionError(f"not refused: {change}")
print("all hold")
"""


@pytest.mark.guest
def test_what_is_asked_is_what_the_kernel_has_and_a_difference_is_named(
    guest: Callable[..., GuestResult],
) -> None:
    done = guest(
        sys.executable, "-P", "-c", IN_A_GUEST, env={"PYTHONPATH": str(package_dir().parent)}
    )
    assert (done.status, done.stdout) == (0, b"all hold\n"), done.stderr.decode()


@pytest.mark.guest
def test_every_qdisc_and_option_makes_the_round_trip_through_the_kernel(
    kernel: Kernel,
    guest: Callable[..., GuestResult],
) -> None:
    script = (
        "ip link add dut0 type veth peer dut1 && ip link set dut0 up && ip link set dut1 up\n"
        'exec "$0" -P -m hhf_testbed.tc.checks dut0 HZ'
    )
    done = guest(
        *("sh", "-c", script.replace("HZ", str(kernel.hz)), sys.executable),
        env={"PYTHONPATH": str(package_dir().parent)},
    )
    said = done.stdout.decode()
    assert done.status == 0, said + done.stderr.decode()
    lines = said.splitlines()
    assert lines[1] == f"1..{len(lines) - 2}"
    assert all(line.startswith("ok ") for line in lines[2:])
    assert len(lines) > 10
