# SPDX-License-Identifier: GPL-2.0-or-later
"""Samples of the counters of every qdisc on an interface, as plain dicts for JSON lines.

One sample is one netlink dump on a socket that stays open: no process, no thread, no event loop,
so thousands of samples cost little and nothing is left behind. pyroute2 decodes the messages.
A dump is not atomic across qdiscs on a running machine.
"""

import errno
import os
import socket
import struct
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Final, Self

from pyroute2.netlink.rtnl.tcmsg import tcmsg

from hhf_testbed.errors import LabFailure
from hhf_testbed.tc.netns import in_netns
from hhf_testbed.tc.register import register

RTM_NEWQDISC: Final = 36
RTM_GETQDISC: Final = 38
NLMSG_ERROR: Final = 2
NLMSG_DONE: Final = 3
_NLM_F_REQUEST_DUMP: Final = 0x1 | 0x300
_NLM_F_DUMP_INTR: Final = 0x10
_HEADER: Final = struct.Struct("=IHHII")
_TCMSG: Final = struct.Struct("=BxxxiIII")
_RECEIVE_BYTES: Final = 1 << 16
_DEADLINE_S: Final = 5
_TRIES: Final = 10
_BASIC: Final = (("bytes", "bytes"), ("packets", "packets"))
_QUEUE: Final = (
    ("drops", "drops"),
    ("overlimits", "overlimits"),
    ("requeues", "requeues"),
    ("qlen", "qlen_packets"),
    ("backlog", "backlog_bytes"),
)
register()


class Sampler:
    """Samples one interface in one namespace. Use as a context manager, or call ``close``."""

    def __init__(self, interface: str, *, pid: int | None = None):
        """Open the socket in the namespace of process ``pid`` (None: the current one).

        Raises:
            LabFailure: no such process, or no such interface there.
        """
        self.interface = interface
        self._sequence = 0
        self._socket, self._index = in_netns(pid, lambda: _open(interface))

    def sample(self) -> list[dict[str, Any]]:
        """One dict per qdisc, the root first, as ``decode`` gives it, with ``time_ns`` in front.

        ``time_ns`` is CLOCK_REALTIME before the dump, the clock of packet captures.

        Raises:
            LabFailure: the kernel reported an error, or did not answer in 5 s.
        """
        for _ in range(_TRIES):
            time_ns = time.time_ns()
            found, interrupted = self._dump()
            if not interrupted:
                return [{"time_ns": time_ns, **decode(message)} for message in found]
        raise LabFailure(f"qdiscs changed during each of {_TRIES} dumps of {self.interface}")

    def close(self) -> None:
        """Close the socket. Safe to repeat."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _dump(self) -> tuple[list[bytes], bool]:
        self._sequence += 1
        self._socket.send(dump_request(self._index, self._sequence))
        found: list[bytes] = []
        interrupted = False
        while True:
            for kind, flags, sequence, message in split(self._receive()):
                if sequence != self._sequence:
                    continue
                interrupted |= bool(flags & _NLM_F_DUMP_INTR)
                if kind == NLMSG_ERROR:
                    code = -int.from_bytes(message[16:20], "little", signed=True)
                    raise LabFailure(f"dump of {self.interface}: {os.strerror(code)}")
                if kind == NLMSG_DONE:
                    return found, interrupted
                if kind == RTM_NEWQDISC and _TCMSG.unpack_from(message, 16)[1] == self._index:
                    found.append(message)

    def _receive(self) -> bytes:
        try:
            return self._socket.recv(_RECEIVE_BYTES)
        except (BlockingIOError, TimeoutError):
            said = f"no answer to a dump of {self.interface} in {_DEADLINE_S} s"
            raise LabFailure(said) from None


def sample(interface: str, *, pid: int | None = None) -> list[dict[str, Any]]:
    """One sample, for when there is only one to take."""
    with Sampler(interface, pid=pid) as sampler:
        return sampler.sample()


def dump_request(index: int, sequence: int) -> bytes:
    """The bytes of one RTM_GETQDISC dump; the kernel answers for all interfaces regardless."""
    body = _TCMSG.pack(0, index, 0, 0, 0)
    size = _HEADER.size + len(body)
    return _HEADER.pack(size, RTM_GETQDISC, _NLM_F_REQUEST_DUMP, sequence, 0) + body


def split(data: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    """Each netlink message in a datagram: type, flags, sequence, its bytes with the header."""
    offset = 0
    while offset + _HEADER.size <= len(data):
        size, kind, flags, sequence, _ = _HEADER.unpack_from(data, offset)
        if size < _HEADER.size:
            raise LabFailure(f"a netlink message of {size} bytes; at least {_HEADER.size} allowed")
        yield kind, flags, sequence, data[offset : offset + size]
        offset += size + 3 & ~3


def decode(message: bytes) -> dict[str, Any]:
    """One RTM_NEWQDISC message as a plain dict.

    Keys: ``kind``, ``handle`` and ``parent`` as ``tc`` writes them, ``bytes`` and ``packets``
    sent, ``drops``, ``overlimits``, ``requeues``, ``qlen_packets``, ``backlog_bytes``, and
    ``xstats``: the qdisc's own counters by the kernel's names (empty if it has none, or if
    pyroute2 has no plug-in for it).
    """
    parsed = tcmsg(message)
    parsed.decode()
    stats = parsed.get_attr("TCA_STATS2")
    basic, queue = stats.get_attr("TCA_STATS_BASIC"), stats.get_attr("TCA_STATS_QUEUE")
    return {
        "kind": parsed.get_attr("TCA_KIND"),
        "handle": handle_text(parsed["handle"]),
        "parent": handle_text(parsed["parent"]),
        **{ours: basic[theirs] for theirs, ours in _BASIC},
        **{ours: queue[theirs] for theirs, ours in _QUEUE},
        "xstats": _plain(stats.get_attr("TCA_STATS_APP")),
    }


def handle_text(handle: int) -> str:
    """A handle as ``tc`` writes it: ``10:``, ``1:1``, ``root``."""
    if handle == 0xFFFFFFFF:
        return "root"
    return f"{handle >> 16:x}:" + (f"{handle & 0xFFFF:x}" if handle & 0xFFFF else "")


def _plain(xstats: Any) -> dict[str, int]:
    """Integers only: a struct's fields, or a nest's attributes without their common prefix."""
    if not isinstance(xstats, dict):
        return {}
    pairs = xstats["attrs"] if xstats.get("attrs") else xstats.items()
    return {
        str(name).removeprefix("TCA_CAKE_STATS_").lower(): value
        for name, value in ((pair[0], pair[1]) for pair in pairs)
        if isinstance(value, int)
    }


def _open(interface: str) -> tuple[socket.socket, int]:
    try:
        index = socket.if_nametoindex(interface)
    except OSError as error:
        said = os.strerror(error.errno or errno.ENODEV)
        raise LabFailure(f"no interface {interface!r} to sample: {said}") from error
    opened = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    opened.bind((0, 0))
    # The kernel keeps this deadline: Python's own would read the clock at each call, and in
    # virtual time each read costs 256 ns.
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("=qq", _DEADLINE_S, 0))
    return opened, index
