# SPDX-License-Identifier: GPL-2.0-or-later
"""Super-packets: TCP segments that the kernel cuts into frames after the qdisc, as TSO and GSO do.

They are sent with a ``struct virtio_net_hdr`` before the frame (PACKET_VNET_HDR, include/uapi/
linux/virtio_net.h), as a virtual machine sends them.
"""

import socket
import struct
from typing import Final

from hhf_testbed.regress.frames import TCP, ethernet, ipv4, tcp
from hhf_testbed.regress.wire import BUFFER_BYTES, SO_SNDBUFFORCE

SOL_PACKET, PACKET_VNET_HDR = 263, 15
NEEDS_CSUM, GSO_TCPV4 = 1, 1
HEADERS_BYTES: Final = 54
"""Ethernet, IPv4 and TCP: what each frame has, and the super-packet once."""
CSUM_START, CSUM_OFFSET = 34, 16
DESTINATION: Final = bytes((10, 2, 0, 1))
PORT: Final = 4096


def super_frame(flow: int, payload_bytes: int) -> bytes:
    """Return a TCP frame of a flow (0 to 65535), longer than any MTU if that is asked for."""
    source = bytes((10, 1)) + flow.to_bytes(2, "big")
    segment = tcp(flow, PORT, bytes(payload_bytes))
    return ethernet(0x0800, ipv4(source, DESTINATION, segment, protocol=TCP))


class SuperWire:
    """Sends super-packets to an interface; of what is sent nothing is lost for want of buffer."""

    def __init__(self, name: str) -> None:
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self._socket.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, BUFFER_BYTES)
        self._socket.bind((name, 0))

    def send(self, flow: int, payload_bytes: int, gso_size: int, count: int = 1) -> set[int]:
        """Send a super-packet that holds ``payload_bytes``, to be cut into frames of ``gso_size``.

        ``count`` times. Returns the errnos of the answers, 0 for none.
        """
        head = struct.pack(
            "=BBHHHH", NEEDS_CSUM, GSO_TCPV4, HEADERS_BYTES, gso_size, CSUM_START, CSUM_OFFSET
        )
        whole = head + super_frame(flow, payload_bytes)
        return {self._answer(whole) for _ in range(count)}

    def _answer(self, whole: bytes) -> int:
        try:
            self._socket.send(whole)
        except OSError as error:
            return error.errno or -1
        return 0

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
