# SPDX-License-Identifier: GPL-2.0-or-later
"""What the kernel's own tests of hhf check, by the same tools: tc, ip and ping.

They are tools/testing/selftests/tc-testing/tc-tests/qdiscs/hhf.json and hhf_flows_limit.json, and
what is about hhf in tc-tests/infra/qdiscs.json. Each claim has the number of the test there. Where
those look for one option in what tc shows, these compare the whole line, so nothing else may differ
from the defaults.
"""

import re
import socket
from typing import Final

from hhf_testbed.regress.claim import claim
from hhf_testbed.regress.commands import Commands
from hhf_testbed.regress.frames import TCP, ethernet, ipv4, tcp
from hhf_testbed.regress.rig import Rig

SHOWN: Final = {
    "limit": "1000p",
    "quantum": "1514b",
    "hh_limit": "2048",
    "reset_timeout": "40ms",
    "admit_bytes": "128Kb",
    "evict_timeout": "1s",
    "non_hh_weight": "2",
}
"""What tc prints of an hhf with the defaults, on an interface with an MTU of 1500."""
HERE, THERE = bytes((10, 10, 11, 10)), bytes((10, 10, 11, 11))
PAIR: Final = ("hhf_a", "hhf_b")


@claim()
def tc_shows_the_defaults(rig: Rig) -> None:
    """tc adds an hhf and shows its defaults (4812)."""
    _add_shows(rig)


@claim()
def tc_sets_limit(rig: Rig) -> None:
    """tc adds an hhf with ``limit 1500`` and shows 1500p (8a92)."""
    _add_shows(rig, limit=("1500", "1500p"))


@claim()
def tc_sets_quantum(rig: Rig) -> None:
    """tc adds an hhf with ``quantum 9000`` and shows 9000b (3491)."""
    _add_shows(rig, quantum=("9000", "9000b"))


@claim()
def tc_sets_reset_timeout(rig: Rig) -> None:
    """tc adds an hhf with ``reset_timeout 100ms`` and shows it (ba04)."""
    _add_shows(rig, reset_timeout=("100ms", "100ms"))


@claim()
def tc_sets_admit_bytes(rig: Rig) -> None:
    """tc adds an hhf with ``admit_bytes 100000`` and shows 100000b (4238)."""
    _add_shows(rig, admit_bytes=("100000", "100000b"))


@claim()
def tc_sets_evict_timeout(rig: Rig) -> None:
    """tc adds an hhf with ``evict_timeout 0.5s`` and shows 500ms (839f)."""
    _add_shows(rig, evict_timeout=("0.5s", "500ms"))


@claim()
def tc_sets_non_hh_weight(rig: Rig) -> None:
    """tc adds an hhf with ``non_hh_weight 10`` and shows it (a044)."""
    _add_shows(rig, non_hh_weight=("10", "10"))


@claim()
def tc_changes_limit(rig: Rig) -> None:
    """tc changes the limit of an hhf to 1500 and shows 1500p (32f9)."""
    commands, name = _with_hhf(rig)
    commands.must(f"tc qdisc change dev {name} handle 1: root hhf limit 1500")
    commands.shows(f"tc qdisc show dev {name}", _line(limit="1500p"))


@claim()
def tc_shows_no_classes(rig: Rig) -> None:
    """tc shows no class of an hhf (385e)."""
    commands, name = _with_hhf(rig)
    commands.exits(f"tc class show dev {name}", 0)
    commands.shows(f"tc class show dev {name}", "class hhf 1:", times=0)


@claim()
def tc_changes_limit_after_packets_have_come_in(rig: Rig) -> None:
    """An hhf on an interface that has received packets can be changed to limit 1 (385f).

    Ten TCP packets are sent into the other end of a veth pair. They come in where the hhf is, and
    do not pass it: it queues what goes out.
    """
    commands = Commands(rig)
    near, far = PAIR
    commands.must(f"ip link add {near} type veth peer name {far}")
    with commands.undone(f"ip link del {near}"):
        commands.must(
            f"ip link set {near} up",
            f"ip link set {far} up",
            f"tc qdisc add dev {far} root handle 1: hhf limit 10",
        )
        _send_tcp(near, 10)
        commands.must(f"tc qdisc change dev {far} handle 1: root hhf limit 1")
        commands.shows(f"tc qdisc show dev {far}", _line(limit="1p"))
        commands.shows(f"tc -s qdisc show dev {far}", "Sent 0 bytes 0 pkt")


@claim()
def tbf_above_a_deleted_hhf_has_no_backlog(rig: Rig) -> None:
    """tbf has a backlog of 0b 0p after the hhf below it was trimmed and deleted (34c0).

    ``ping -c2`` gets no answer and ends with status 1. Of its two packets of 98 bytes one leaves,
    for the burst is 100; at 1 byte/s the other waits, peeked at, when the limit becomes 1.
    """
    commands, name = Commands(rig), f"hhf{rig.interface()}"
    commands.must(
        f"ip addr add 10.10.11.10/24 dev {name}",
        f"tc qdisc add dev {name} handle 2: root tbf rate 8bit burst 100b latency 100ms",
        f"tc qdisc replace dev {name} handle 3: parent 2:1 hhf limit 1000",
    )
    commands.exits(f"ping -n -I {name} -c2 10.10.11.11", 1)
    commands.must(
        f"tc qdisc change dev {name} handle 3: parent 2:1 hhf limit 1",
        f"tc qdisc del dev {name} handle 3: parent 2:1",
    )
    commands.shows(f"tc -s qdisc show dev {name}", "backlog 0b 0p")
    commands.must(f"tc qdisc del dev {name} handle 2: root")


@claim()
def nothing_can_be_put_below_hhf(rig: Rig) -> None:
    """fq_codel below hhf is refused with exit status 2, and is not there after it (be28)."""
    commands, name = Commands(rig), f"hhf{rig.interface()}"
    commands.must(f"tc qdisc add dev {name} root handle a: hhf")
    commands.exits(f"tc qdisc add dev {name} parent a: handle b: fq_codel", 2)
    commands.shows(f"tc qdisc show dev {name}", "qdisc fq_codel b:", times=0)
    commands.shows(f"tc qdisc show dev {name}", "qdisc hhf a: root")


@claim(needs="hh_limit_capped")
def hh_limit_cannot_be_changed_to_4294967295(rig: Rig) -> None:
    """hh_limit 4294967295 is refused with exit status 2, and 2048 stays (e3cc)."""
    _change_refused(rig, 4_294_967_295)


@claim(needs="hh_limit_capped")
def hh_limit_cannot_be_changed_to_65536(rig: Rig) -> None:
    """hh_limit 65536 is refused with exit status 2, and 2048 stays (f681)."""
    _change_refused(rig, 65_536)


@claim(needs="hh_limit_capped")
def hh_limit_cannot_be_changed_to_2049(rig: Rig) -> None:
    """hh_limit 2049 is refused with exit status 2, and 2048 stays (147f)."""
    _change_refused(rig, 2049)


@claim()
def hh_limit_can_be_changed_to_2048(rig: Rig) -> None:
    """After ``hh_limit 100`` an hhf can be changed to 2048, the greatest allowed (223d)."""
    commands, name = _with_hhf(rig, "hh_limit 100")
    commands.must(f"tc qdisc change dev {name} handle 1: root hhf hh_limit 2048")
    commands.shows(f"tc qdisc show dev {name}", _line())


@claim(needs="hh_limit_capped")
def tc_sets_hh_limit(rig: Rig) -> None:
    """tc adds an hhf with ``hh_limit 500`` and shows it (4d4f)."""
    _add_shows(rig, hh_limit=("500", "500"))


@claim(needs="hh_limit_capped")
def hhf_with_hh_limit_4294967295_cannot_be_added(rig: Rig) -> None:
    """``tc qdisc add ... hh_limit 4294967295`` ends with status 2, and there is no hhf (ca99)."""
    commands, name = Commands(rig), f"hhf{rig.interface()}"
    commands.exits(f"tc qdisc add dev {name} handle 1: root hhf hh_limit 4294967295", 2)
    commands.shows(f"tc qdisc show dev {name}", "qdisc hhf", times=0)


def _with_hhf(rig: Rig, options: str = "") -> tuple[Commands, str]:
    """Add an hhf to a fresh interface; return the interface's name."""
    commands, name = Commands(rig), f"hhf{rig.interface()}"
    commands.must(f"tc qdisc add dev {name} handle 1: root hhf {options}")
    return commands, name


def _add_shows(rig: Rig, **options: tuple[str, str]) -> None:
    """Claim that tc shows what was given to add: for each option what is given, what is shown."""
    given = " ".join(f"{option} {value}" for option, (value, _) in options.items())
    commands, name = _with_hhf(rig, given)
    line = _line(**{option: shown for option, (_, shown) in options.items()})
    commands.shows(f"tc qdisc show dev {name}", line)
    commands.must(f"tc qdisc del dev {name} handle 1: root")
    commands.shows(f"tc qdisc show dev {name}", "qdisc hhf", times=0)


def _change_refused(rig: Rig, hh_limit: int) -> None:
    commands, name = _with_hhf(rig)
    commands.exits(f"tc qdisc change dev {name} handle 1: root hhf hh_limit {hh_limit}", 2)
    commands.shows(f"tc qdisc show dev {name}", _line())


def _line(**shown: str) -> str:
    """Return a pattern for the line that tc prints of hhf 1:, the defaults but for ``shown``."""
    options = " ".join(f"{name} {value}" for name, value in (SHOWN | shown).items())
    return rf"qdisc hhf 1: root refcnt [0-9]+ {re.escape(options)}\s"


def _send_tcp(name: str, count: int) -> None:
    """Send TCP packets from port 5000 to port 10."""
    frame = ethernet(0x0800, ipv4(HERE, THERE, tcp(5000, 10, bytes(6)), protocol=TCP))
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as wire:
        wire.bind((name, 0))
        for _ in range(count):
            wire.send(frame)
