# SPDX-License-Identifier: GPL-2.0-or-later
"""Two packet sockets on one interface: what goes into its qdisc, and what comes out of it."""

import socket
import struct
from dataclasses import dataclass
from errno import ENETDOWN
from typing import Any, Final

from hhf_testbed.regress.frames import tag_of

BUFFER_BYTES: Final = 1 << 30
"""What waits in the qdisc counts against the sender's buffer."""
MAX_FRAME_BYTES: Final = 1 << 17
HEAD_BYTES: Final = 128
ETH_P_ALL: Final = 3
PACKET_OUTGOING: Final = 4
SO_SNDBUFFORCE, SO_RCVBUFFORCE, SO_TIMESTAMPNS = 32, 33, 35
NOT_OURS: Final = (-1, -1)


@dataclass(frozen=True)
class Left:
    """A frame that has left.

    Attributes:
        flow, number: of ``flow_frame``; -1 for any other frame.
        len_bytes: its length.
        at_ns: when it left, by the clock of the day.
        head: its first bytes.
    """

    flow: int
    number: int
    len_bytes: int
    at_ns: int
    head: bytes


class Wire:
    """Sends raw frames to an interface and sees what leaves it."""

    def __init__(self, name: str) -> None:
        self._buffer = bytearray(MAX_FRAME_BYTES)
        self._in = self._socket(name, 0)
        self._in.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, BUFFER_BYTES)
        self._out = self._socket(name, ETH_P_ALL)
        self._out.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES)
        self._out.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)

    @staticmethod
    def _socket(name: str, protocol: int) -> socket.socket:
        made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        made.bind((name, protocol))
        return made

    def choose_class(self, handle: int) -> None:
        """Send what follows to this class of a classful qdisc; 0 for the one it would choose."""
        self._in.setsockopt(socket.SOL_SOCKET, socket.SO_PRIORITY, handle)

    def send(self, frame: bytes | bytearray) -> int:
        """Hand a frame to the interface's qdisc; return 0 or the errno of the answer."""
        try:
            self._in.send(frame)
        except OSError as error:
            return error.errno or -1
        return 0

    def left(self) -> list[Left]:
        """Return what has left since the last call, in order."""
        seen: list[Left] = []
        while True:
            try:
                size, extra, _, address = self._out.recvmsg_into(
                    [self._buffer], 64, socket.MSG_DONTWAIT
                )
            except BlockingIOError:
                return seen
            except OSError as error:  # told once after the interface was down
                if error.errno != ENETDOWN:
                    raise
                continue
            if address[2] == PACKET_OUTGOING:
                head = bytes(self._buffer[: min(size, HEAD_BYTES)])
                seen.append(Left(*(tag_of(head) or NOT_OURS), size, _time_ns(extra), head))

    def close(self) -> None:
        """Close both sockets."""
        self._in.close()
        self._out.close()


def _time_ns(extra: list[Any]) -> int:
    seconds, nanoseconds = struct.unpack("=qq", extra[0][2])
    return int(seconds * 10**9 + nanoseconds)
