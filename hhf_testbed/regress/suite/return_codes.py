# SPDX-License-Identifier: GPL-2.0-or-later
"""What does hhf answer to the one who hands it a packet?

hhf_enqueue answers NET_XMIT_CN, "congestion", if it dropped a packet of the bucket into which it
put the new one, else NET_XMIT_SUCCESS. HTB counts a drop of its class for each answer that is not
NET_XMIT_SUCCESS (htb_enqueue), local TCP reduces its window (tcp_transmit_skb), and neither a UDP
nor a packet socket sees an error (net_xmit_errno).
"""

import socket
import struct

from hhf_testbed.params import U32_MAX
from hhf_testbed.regress.claim import claim
from hhf_testbed.regress.expect import equal
from hhf_testbed.regress.heavy import FOREVER_US, make_heavy
from hhf_testbed.regress.parents import add_address
from hhf_testbed.regress.queue import Queue
from hhf_testbed.regress.rig import Rig

HEAVY, LIGHT = 1, 2
TCP_CA_OPEN, TCP_CA_CWR = 0, 2
EINPROGRESS, IP_RECVERR = 115, 11
LOCAL, REMOTE = "10.9.0.1", "10.9.0.2"


@claim()
def a_drop_from_ones_own_bucket_is_congestion(rig: Rig) -> None:
    """A light packet that pushes out a light one, or a heavy one a heavy one, is answered with CN.

    The class above counts each of them. Control: no answer is CN while there is room.
    """
    for heavy in (False, True):
        queue = rig.hhf(limit_packets=5, admit_bytes=0 if heavy else U32_MAX)
        queue.send(1, 60, 5)
        equal("answers that were not success, with room", queue.class_drops(), 0)
        for count in (1, 2, 3):
            queue.send(1, 60)
            equal("answers that were not success", queue.class_drops(), count)


@claim()
def a_drop_from_the_other_bucket_is_success(rig: Rig) -> None:
    """A light packet that pushes out a heavy one is answered with success: its sender is innocent.

    The first light packet after the last heavy one has gone pushes out a light one, and is told.
    """
    queue = _queue(rig)
    queue.send(LIGHT, 60, 2)
    queue.send(HEAVY, 60, 3)
    before = queue.class_drops()
    for _ in range(3):
        queue.send(LIGHT, 60)
        equal("answers that were not success", queue.class_drops() - before, 0)
    equal("drops", queue.counts().drops, 4)
    queue.send(LIGHT, 60)
    equal("answers with no heavy packet left", queue.class_drops() - before, 1)


@claim()
def a_heavy_packet_dropped_itself_is_congestion(rig: Rig) -> None:
    """A heavy packet that comes to a queue full of light ones is dropped itself, and is told so."""
    queue = _queue(rig)
    queue.send(LIGHT, 60, 5)
    before = queue.class_drops()
    for count in (1, 2, 3):
        queue.send(HEAVY, 60)
        equal("answers that were not success", queue.class_drops() - before, count)


@claim()
def raw_sockets_see_no_error(rig: Rig) -> None:
    """A packet socket's send succeeds for each packet, whichever is dropped (no ENOBUFS).

    NET_XMIT_DROP would give ENOBUFS; NET_XMIT_CN does not. ``Queue.send`` takes no errno but 0.
    """
    for limit in (0, 1, 5):
        queue = rig.hhf(limit_packets=limit, evict_timeout_us=FOREVER_US)
        make_heavy(queue, HEAVY)
        for number in range(40):
            queue.send(HEAVY if number % 3 else LIGHT, 60)
        equal("packets held", queue.counts().qlen_packets, limit)


@claim()
def udp_sockets_see_no_error(rig: Rig) -> None:
    """A UDP socket that asks to hear of errors (IP_RECVERR) hears of none when hhf drops.

    With IP_RECVERR udp_send_skb passes on ENOBUFS, which NET_XMIT_DROP would be; without it, it
    does not. 20 datagrams go into a queue that holds none, and 20 into one that holds five.
    """
    for limit in (0, 5):
        queue = rig.hhf(limit_packets=limit)
        rig.must(add_address(queue.index, LOCAL), "an address")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
            answers = [_errno(sender, (REMOTE, 9)) for _ in range(20)]
        equal("errnos of sendto", answers, [0] * 20)
        equal("drops", queue.counts().drops, 20 - limit)
        rig.forget(queue)


@claim()
def local_tcp_slows_down_for_its_own_drop_only(rig: Rig) -> None:
    """Local TCP enters CWR when its packet costs one of its own bucket, and only then.

    A SYN goes into a queue with limit 1. If a light packet waits there, that is dropped: CN, and
    tcp_transmit_skb calls tcp_enter_cwr. If a heavy one waits, that is dropped: success. Control:
    nothing waits.
    """
    for waits, state in ((LIGHT, TCP_CA_CWR), (HEAVY, TCP_CA_OPEN), (None, TCP_CA_OPEN)):
        queue = _queue(rig, limit_packets=1)
        rig.must(add_address(queue.index, LOCAL), "an address")
        if waits is not None:
            queue.send(waits, 60)
        with socket.socket() as caller:
            caller.setblocking(False)
            equal("errno of connect", caller.connect_ex((REMOTE, 9)), EINPROGRESS)
            info = caller.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 8)
        equal("TCP's congestion state", struct.unpack_from("BB", info)[1], state)
        equal("packets held", queue.counts().qlen_packets, 1)
        rig.forget(queue)


def _queue(rig: Rig, limit_packets: int = 5) -> Queue:
    queue = rig.hhf(limit_packets=limit_packets, evict_timeout_us=FOREVER_US)
    make_heavy(queue, HEAVY)
    return queue


def _errno(sender: socket.socket, to: tuple[str, int]) -> int:
    """Send an empty datagram; return the errno."""
    try:
        sender.sendto(b"", to)
    except OSError as error:
        return error.errno or -1
    return 0
