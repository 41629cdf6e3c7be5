# SPDX-License-Identifier: GPL-2.0-or-later
"""Requests to the kernel about one interface in one namespace, sent by pyroute2."""

import shlex
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from hhf_testbed.errors import LabFailure
from hhf_testbed.tc.netns import in_netns
from hhf_testbed.tc.register import register

_HARD_HEADER_BYTES: Final = 14  # Ethernet; veth and all of Mininet's links are

T = TypeVar("T")
register()


class Link:
    """One interface in one namespace; every call opens and closes its own netlink socket."""

    def __init__(self, interface: str, pid: int | None):
        self.interface = interface
        self.pid = pid

    def ask(self, work: Callable[[Any, int], T], command: str = "reading it") -> T:
        """Call ``work`` with an IPRoute in the namespace and the interface's index.

        Raises:
            LabFailure: no such interface, or the kernel refused; names ``command``.
        """

        def inside() -> T:
            with IPRoute(ext_ack=True) as ipr:
                index = ipr.link_lookup(ifname=self.interface)
                if not index:
                    raise LabFailure(f"no interface {self.interface!r} in {self._place()}")
                return work(ipr, index[0])

        try:
            return in_netns(self.pid, inside)
        except NetlinkError as error:
            said = f"the kernel refused `{command}` in {self._place()}: {error.args[1]}"
            raise LabFailure(f"{said} (errno {error.code})") from error

    def frame_bytes(self) -> int:
        """The largest frame as a qdisc counts it: MTU and Ethernet header."""
        links = self.ask(lambda ipr, i: list(ipr.get_links(i)))
        return int(links[0].get_attr("IFLA_MTU")) + _HARD_HEADER_BYTES

    def qdiscs(self) -> list[Any]:
        """The qdiscs of the interface, as pyroute2 decodes them."""
        return self.ask(lambda ipr, i: list(ipr.get_qdiscs(index=i)))

    def send(
        self,
        verb: str,
        kind: str | None,
        handle: str,
        parent: str,
        keywords: Mapping[str, int],
        words: list[str],
    ) -> str:
        """Send one qdisc request; return the ``tc`` command that does the same."""
        above = ["root"] if parent == "root" else ["parent", parent]
        command = self.command("qdisc", verb, *above, "handle", handle, *words)
        fixed: dict[str, Any] = {"handle": number(handle), "parent": number(parent)}
        self.ask(lambda ipr, i: ipr.tc(verb, kind, i, **fixed, **keywords), command)
        return command

    def command(self, what: str, verb: str, *words: str) -> str:
        """A ``tc`` command for this interface, as it can be pasted."""
        return shlex.join(["tc", what, verb, "dev", self.interface, *words])

    def _place(self) -> str:
        return "this namespace" if self.pid is None else f"the namespace of process {self.pid}"


def number(handle: str) -> int:
    """A handle as a number: ``10:``, ``1:1`` or ``root``."""
    if handle == "root":
        return 0xFFFFFFFF
    major, _, minor = handle.partition(":")
    return int(major, 16) << 16 | int(minor or "0", 16)
