# SPDX-License-Identifier: GPL-2.0-or-later
"""What became of a packet that was handed to HHF."""

from typing import Final

from hhf_testbed.model.packet import Packet

WDRR_BUCKET_FOR_HH: Final = 0
WDRR_BUCKET_FOR_NON_HH: Final = 1

NET_XMIT_SUCCESS: Final = 0
NET_XMIT_CN: Final = 2  # "congestion notification": some packet of the same bucket was dropped


class Outcome:
    """The answer of ``Hhf.enqueue``.

    Attributes:
        code: ``NET_XMIT_SUCCESS`` or ``NET_XMIT_CN``, as the parent or the stack receives it.
        dropped: the packet dropped to keep the limit, if any; seldom the one handed in.
        bucket: ``WDRR_BUCKET_FOR_HH`` or ``WDRR_BUCKET_FOR_NON_HH``.
        admitted: this packet made its flow a heavy hitter.
    """

    __slots__ = ("admitted", "bucket", "code", "dropped")

    def __init__(self, code: int, dropped: Packet | None, bucket: int, admitted: bool) -> None:
        self.code = code
        self.dropped = dropped
        self.bucket = bucket
        self.admitted = admitted

    def __repr__(self) -> str:
        code = "NET_XMIT_CN" if self.code == NET_XMIT_CN else "NET_XMIT_SUCCESS"
        bucket = "HH" if self.bucket == WDRR_BUCKET_FOR_HH else "NON_HH"
        admitted = ", admitted" if self.admitted else ""
        return f"Outcome({code}, dropped={self.dropped!r}, bucket={bucket}{admitted})"


# The three outcomes without a drop are shared, so that most packets cost no new object.
PASSED: Final = Outcome(NET_XMIT_SUCCESS, None, WDRR_BUCKET_FOR_NON_HH, False)
KNOWN: Final = Outcome(NET_XMIT_SUCCESS, None, WDRR_BUCKET_FOR_HH, False)
CAPTURED: Final = Outcome(NET_XMIT_SUCCESS, None, WDRR_BUCKET_FOR_HH, True)
