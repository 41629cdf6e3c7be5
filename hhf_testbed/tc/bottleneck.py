# SPDX-License-Identifier: GPL-2.0-or-later
"""The bottleneck: an HTB class at one rate, and below it the qdisc under test.

    root 1: htb default 1  ──►  class 1:1 at the rate  ──►  10: the leaf

Sent by pyroute2, read back and compared. Each request is also given as the ``tc`` command that
does the same, for a log that can be pasted (in a Mininet prompt after the node's name).

``pid`` is a process in the network namespace to work in, such as ``node.pid``; None is the
current namespace.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from hhf_testbed.errors import LabFailure
from hhf_testbed.tc.kinds import KINDS
from hhf_testbed.tc.link import Link, number
from hhf_testbed.tc.qdisc import QdiscSpec, compare_options
from hhf_testbed.tc.shaper import VIRTUAL_SLACK_US, Shaper, shaper
from hhf_testbed.units import format_rate

ROOT: Final = "1:"
CLASS: Final = "1:1"
LEAF: Final = "10:"


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What the kernel has at the bottleneck.

    Attributes:
        rate_bps, ceil_bps: of the HTB class.
        burst_ticks, cburst_ticks: its burst, in ticks of 64 ns.
        quantum_bytes: of the HTB class.
        default_class: minor number that unclassified packets go to.
        leaf_kind: kind of the qdisc below the class.
        leaf_options: its options, by our names; only those the table knows.
    """

    rate_bps: int
    ceil_bps: int
    burst_ticks: int
    cburst_ticks: int
    quantum_bytes: int
    default_class: int
    leaf_kind: str
    leaf_options: Mapping[str, int]

    def to_json(self) -> dict[str, Any]:
        """A dict of plain types for the run's record."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        return {**fields, "leaf_options": dict(self.leaf_options)}


def install_bottleneck(
    interface: str,
    rate_bps: int,
    leaf: QdiscSpec,
    *,
    hz: int,
    pid: int | None = None,
    slack_us: int = VIRTUAL_SLACK_US,
) -> list[str]:
    """Put the bottleneck on an interface that has none, and check what the kernel made of it.

    Args:
        interface: name of the interface whose outgoing packets are shaped.
        rate_bps: rate of HTB in bit/s, Ethernet header included, frame check sequence not.
        leaf: the qdisc under test.
        hz: HZ of the kernel, for the rounding of times.
        pid: a process in the namespace of the interface.
        slack_us: how late timers may be; ``REAL_SLACK_US`` where time is real (shaper.py).

    Returns:
        The ``tc`` commands that do the same.

    Raises:
        RequestError: the rate is not allowed.
        LabFailure: the kernel refused a request, or has something else than was asked.
    """
    link = Link(interface, pid)
    shape = shaper(rate_bps, link.frame_bytes(), slack_us)
    commands = [_send_root(link)]
    try:
        commands.append(_send_class(link, shape))
        commands.append(_send_leaf(link, "add", leaf))
        hh_limit = dict(leaf.options).get("hh_limit")
        if hh_limit is not None and leaf.kind == "hhf":
            # Before 2cef2588c995 ("cap hh_flows_limit at change time") hhf_init forgets the
            # hh_limit given to it. Said once more as a change, every kernel has it.
            commands.append(_send_leaf(link, "change", QdiscSpec.of("hhf", hh_limit=hh_limit)))
        check_bottleneck(interface, rate_bps, leaf, hz=hz, pid=pid, slack_us=slack_us)
    except BaseException:
        remove_bottleneck(interface, pid=pid)
        raise
    return commands


def change_leaf(interface: str, leaf: QdiscSpec, *, pid: int | None = None) -> list[str]:
    """Change options of the leaf while it runs; those not named keep their values.

    Raises:
        LabFailure: the kernel refused it.
    """
    return [_send_leaf(Link(interface, pid), "change", leaf)]


def remove_bottleneck(interface: str, *, pid: int | None = None) -> list[str]:
    """Undo ``install_bottleneck``; the interface gets its default qdisc again.

    Raises:
        LabFailure: there is none, or no such interface.
    """
    return [Link(interface, pid).send("del", None, ROOT, "root", {}, [])]


def read_back(interface: str, *, pid: int | None = None) -> ReadBack:
    """What the kernel has there now.

    Raises:
        LabFailure: there is no bottleneck of ours on the interface.
    """
    link = Link(interface, pid)
    classes = [
        m
        for m in link.ask(lambda ipr, i: list(ipr.get_classes(index=i)))
        if m["handle"] == number(CLASS)
    ]
    by_handle = {m["handle"]: m for m in link.qdiscs()}
    leaves = [m for m in by_handle.values() if m["parent"] == number(CLASS)]
    if not classes or not leaves or number(ROOT) not in by_handle:
        raise LabFailure(f"{interface} has no bottleneck: no HTB root, class {CLASS} and leaf")
    root = by_handle[number(ROOT)].get_attr("TCA_OPTIONS").get_attr("TCA_HTB_INIT")
    kind = leaves[0].get_attr("TCA_KIND")
    return ReadBack(
        **_read_class(classes[0].get_attr("TCA_OPTIONS")),
        default_class=root["defcls"],
        leaf_kind=kind,
        leaf_options=read_options(kind, leaves[0].get_attr("TCA_OPTIONS")),
    )


def read_options(kind: str, options: Any) -> dict[str, int]:
    """The options in a decoded ``TCA_OPTIONS``, by our names, in the order of the table."""
    if kind not in KINDS or options is None:
        return {}
    nest = isinstance(options, dict) and "attrs" in options and options["attrs"]
    get = options.get_attr if nest else options.get
    found = {o.name: get(o.reported) for o in KINDS[kind].options}
    return {name: int(value) for name, value in found.items() if value is not None}


def check_bottleneck(
    interface: str,
    rate_bps: int,
    leaf: QdiscSpec,
    *,
    hz: int,
    pid: int | None = None,
    slack_us: int = VIRTUAL_SLACK_US,
) -> ReadBack:
    """Read the bottleneck back and compare it with what was asked; return what there is.

    Raises:
        LabFailure: lists every difference: option, asked, got.
    """
    got = read_back(interface, pid=pid)
    shape = shaper(rate_bps, Link(interface, pid).frame_bytes(), slack_us)
    if wrong := differences(shape, leaf, got, hz=hz):
        raise LabFailure(f"the bottleneck on {interface} is not as asked: " + "; ".join(wrong))
    return got


def differences(shape: Shaper, leaf: QdiscSpec, got: ReadBack, *, hz: int) -> list[str]:
    """Each difference between asked and got as one line; empty if there is none."""
    pairs = (
        ("rate", format_rate(shape.rate_bps), format_rate(got.rate_bps)),
        ("ceil", format_rate(shape.rate_bps), format_rate(got.ceil_bps)),
        ("burst in ticks", shape.burst_ticks, got.burst_ticks),
        ("cburst in ticks", shape.burst_ticks, got.cburst_ticks),
        ("HTB quantum in bytes", shape.quantum_bytes, got.quantum_bytes),
        ("default class", 1, got.default_class),
        ("leaf", leaf.kind, got.leaf_kind),
    )
    wrong = [f"{name}: asked {asked}, got {has}" for name, asked, has in pairs if asked != has]
    if leaf.kind == got.leaf_kind:
        wrong += compare_options(leaf, got.leaf_options, hz=hz)
    return wrong


def _send_root(link: Link) -> str:
    words = ["htb", "default", "1", "r2q", "10"]
    return link.send("add", "htb", ROOT, "root", {"default": 1, "r2q": 10}, words)


def _send_class(link: Link, shape: Shaper) -> str:
    rate, burst = format_rate(shape.rate_bps), str(shape.burst_bytes)
    words = ["rate", rate, "ceil", rate, "burst", burst, "cburst", burst]
    words += ["quantum", str(shape.quantum_bytes)]
    command = link.command("class", "add", "parent", ROOT, "classid", CLASS, "htb", *words)
    fixed = {
        "handle": number(CLASS),
        "parent": number(ROOT),
        "rate": shape.rate_bytes_per_s,
        "ceil": shape.rate_bytes_per_s,
        "burst": shape.burst_bytes,
        "cburst": shape.burst_bytes,
        "quantum": shape.quantum_bytes,
    }
    link.ask(lambda ipr, i: ipr.tc("add-class", "htb", i, **fixed), command)
    return command


def _send_leaf(link: Link, verb: str, leaf: QdiscSpec) -> str:
    return link.send(verb, leaf.kind, LEAF, CLASS, leaf.keywords(), leaf.tc_words())


def _read_class(options: Any) -> dict[str, int]:
    parms = options.get_attr("TCA_HTB_PARMS")
    # The 32-bit fields hold 2**32-1 where the rate needs 64 bits: above 34.36 Gbit/s.
    rate = options.get_attr("TCA_HTB_RATE64") or parms["rate"]
    ceil = options.get_attr("TCA_HTB_CEIL64") or parms["ceil"]
    return {
        "rate_bps": 8 * rate,
        "ceil_bps": 8 * ceil,
        "burst_ticks": parms["buffer"],
        "cburst_ticks": parms["cbuffer"],
        "quantum_bytes": parms["quantum"],
    }
