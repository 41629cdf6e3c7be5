# SPDX-License-Identifier: GPL-2.0-or-later
"""One raw netlink socket: a message goes in, its errno and its answers come out.

Raw, because a claim may have to send what no tool sends (zero, a short attribute), and because a
request takes a tenth of a millisecond so.
"""

import socket
import struct
from typing import Final

NLMSG_ERROR: Final = 2
ANSWER_BYTES: Final = 1 << 16
HEADER: Final = struct.Struct("=IHHII")


class Rtnetlink:
    """A NETLINK_ROUTE socket."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)

    def ask(self, message: bytes) -> tuple[int, list[bytes]]:
        """Send one request that wants an acknowledgement; return its errno and all answers."""
        self._socket.send(message)
        answers: list[bytes] = []
        while True:
            data = self._socket.recv(ANSWER_BYTES)
            while data:
                size, kind, *_ = HEADER.unpack_from(data)
                if kind == NLMSG_ERROR:
                    return -int(struct.unpack_from("=i", data, HEADER.size)[0]), answers
                answers.append(data[:size])
                data = data[size + 3 & ~3 :]

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
