# SPDX-License-Identifier: GPL-2.0-or-later
"""Super-packets of 64 KB (TSO, GSO): what hhf counts of them, and what they do to its turns.

A qdisc gets them whole. Their length for the qdisc is what all their frames will have on the wire:
skb->len and, for each frame but the first, once more the headers (qdisc_pkt_len_init,
net/core/dev.c). Here 44 frames of 1448 bytes of payload and 54 of headers: 63766 bytes of skb->len,
44 * 1502 = 66088 bytes for the qdisc. The control in each claim is the same bytes as single frames.
"""

from typing import Final

from hhf_testbed.regress.claim import claim
from hhf_testbed.regress.expect import equal
from hhf_testbed.regress.heavy import FOREVER_US, make_heavy, must_change
from hhf_testbed.regress.queue import Queue
from hhf_testbed.regress.rig import Rig
from hhf_testbed.regress.super_wire import HEADERS_BYTES, SuperWire, super_frame
from hhf_testbed.regress.wire import Left

MSS_BYTES: Final = 1448
FRAMES: Final = 44
FRAME_BYTES: Final = MSS_BYTES + HEADERS_BYTES
SUPER_BYTES: Final = FRAMES * FRAME_BYTES
SKB_BYTES: Final = FRAMES * MSS_BYTES + HEADERS_BYTES
FLOW, LIGHT, HEAVY = 1, 2, 3
SLOW_BPS: Final = 8_000


@claim()
def a_super_packet_counts_as_all_its_frames(rig: Rig) -> None:
    """hhf's backlog and bytes sent count a super-packet as the 44 frames that it will be.

    It waits as one packet of 66088 bytes, and leaves whole, as one of 63766, for the interface can
    do TSO; so it was whole in hhf too. The control: 44 single frames are as many bytes.
    """
    queue = rig.hhf()
    _send_super(queue, FLOW)
    seen = queue.counts()
    equal("what waits", (seen.qlen_packets, seen.backlog_bytes), (1, SUPER_BYTES))
    equal("lengths of what leaves", [one.len_bytes for one in queue.drain()], [SKB_BYTES])
    equal("bytes sent", queue.counts().sent_bytes, SUPER_BYTES)
    control = rig.hhf()
    control.send(FLOW, FRAME_BYTES, FRAMES)
    seen = control.counts()
    equal("what waits of single frames", (seen.qlen_packets, seen.backlog_bytes),
          (FRAMES, SUPER_BYTES))  # fmt: skip


@claim()
def a_flow_of_super_packets_is_heavy_with_the_second(rig: Rig) -> None:
    """A flow is heavy with its second super-packet, where it would need 88 single frames.

    2 * 66088 = 132176 > 131072, the default of admit_bytes, and the first is not; by skb->len it
    would take three (2 * 63766 = 127532). 87 * 1502 = 130674 is not more either, 88 * 1502 is.
    """
    queue = rig.hhf(reset_timeout_us=FOREVER_US)
    for admitted in (0, 1):
        _send_super(queue, FLOW)
        equal("heavy hitters", queue.counts().hh_tot_count, admitted)
    for frames, admitted in ((87, 1), (1, 2)):
        queue.send(LIGHT, FRAME_BYTES, frames)
        equal("heavy hitters after single frames", queue.counts().hh_tot_count, admitted)


@claim()
def the_filter_adds_the_headers_of_each_frame(rig: Rig) -> None:
    """A super-packet is heavy by itself at an admit_bytes of 66087, and not at its 66088 bytes."""
    for admit_bytes, heavy in ((SUPER_BYTES, 0), (SUPER_BYTES - 1, 1)):
        queue = rig.hhf(admit_bytes=admit_bytes)
        _send_super(queue, FLOW)
        equal(f"heavy hitters at {admit_bytes}", queue.counts().hh_tot_count, heavy)


@claim()
def the_limit_counts_super_packets(rig: Rig) -> None:
    """``limit 3`` holds three super-packets, 198264 bytes, or three frames, 4506 bytes."""
    queue = rig.hhf(limit_packets=3, admit_bytes=10**9)
    _send_super(queue, FLOW, 5)
    seen = queue.counts()
    equal("what waits", (seen.qlen_packets, seen.backlog_bytes), (3, 3 * SUPER_BYTES))
    equal("drops", (seen.drops, seen.drop_overlimit), (2, 2))
    control = rig.hhf(limit_packets=3, admit_bytes=10**9)
    control.send(FLOW, FRAME_BYTES, 5)
    seen = control.counts()
    equal("frames that wait", (seen.qlen_packets, seen.backlog_bytes), (3, 3 * FRAME_BYTES))


@claim()
def a_super_packet_is_paid_for_in_21_turns(rig: Rig) -> None:
    """After a light super-packet 21 heavy frames of 1514 bytes leave before the next light one.

    The light bucket starts with 2 * 1514 = 3028, which the super-packet makes -63060; 21 turns of
    3028 make it 528. In each of them the heavy bucket sends its quantum, one frame. The control:
    of single light frames of 1502 bytes three leave at first (3028 - 1502 - 1502 = 24 > 0), then
    one heavy frame, then two light ones (24 - 1502 = -1478, and 3028 make it 1550).
    """
    for super_packets, places in ((True, [0, 22]), (False, [0, 1, 2, 4, 5])):
        queue = rig.hhf(evict_timeout_us=FOREVER_US, reset_timeout_us=FOREVER_US)
        make_heavy(queue, HEAVY)
        if super_packets:
            _send_super(queue, LIGHT, 2)
        else:
            queue.send(LIGHT, FRAME_BYTES, 5)
        queue.send(HEAVY, 1514, 30)
        light = [one.flow != HEAVY for one in queue.drain()]
        equal(f"places of light packets, {super_packets=}", _places(light), places)


@claim()
def a_heavy_super_packet_is_paid_for_in_43_turns(rig: Rig) -> None:
    """After a heavy super-packet the light bucket has 43 turns before the next heavy one.

    The heavy bucket starts with 1514, which the super-packet makes -64574; 43 turns make it 528.
    Light frames of 1514 bytes leave two a turn; the first two before the first super-packet, for
    the light bucket is new: 2 + 43 * 2 = 88 light ones before the second.
    """
    queue = rig.hhf(evict_timeout_us=FOREVER_US, admit_bytes=1 << 30)
    _make_super_heavy(queue)
    _send_super(queue, FLOW, 2)
    queue.send(LIGHT, 1514, 100)
    turns = [one.len_bytes == SKB_BYTES for one in queue.drain()]
    equal("places of the super-packets", _places(turns), [2, 89])


@claim()
def below_tbf_hhf_gets_the_frames(rig: Rig) -> None:
    """tbf cuts a super-packet that is longer than its burst, so hhf below it gets 44 packets.

    The burst is 1514 bytes (tbf_segment). One frame leaves at once; 43 wait, 1502 bytes each. The
    next one is peeked at, which hhf counts as sent, and as waiting too.
    """
    queue = rig.hhf(parent="tbf", drain_bps=SLOW_BPS)
    _send_super(queue, FLOW)
    equal("lengths of what leaves at once", _lengths(queue.wait_left(1)), [FRAME_BYTES])
    seen = queue.counts()
    equal("what waits", (seen.qlen_packets, seen.backlog_bytes), (43, 43 * FRAME_BYTES))
    equal("packets and bytes sent", (seen.sent_packets, seen.sent_bytes), (2, 2 * FRAME_BYTES))
    equal("tbf's qlen", seen.parent_qlen_packets, 43)
    equal("lengths of the others", set(_lengths(queue.drain())), {FRAME_BYTES})


@claim()
def one_drop_takes_a_whole_super_packet(rig: Rig) -> None:
    """A heavy super-packet pushed out by a light frame takes all its bytes from every backlog.

    limit 2: two heavy super-packets, then light frames of 100 bytes. hhf_enqueue tells the parent
    of what was dropped, 66088 bytes each.
    """
    queue = rig.hhf(evict_timeout_us=FOREVER_US, admit_bytes=1 << 30)
    _make_super_heavy(queue)
    equal("errno", queue.change(limit_packets=2), 0)
    before = queue.counts(quiet=True).drops
    _send_super(queue, FLOW, 2)
    for number, left_bytes in ((1, SUPER_BYTES + 100), (2, 200)):
        queue.send(LIGHT, 100)
        seen = queue.counts()
        equal("hhf", (seen.qlen_packets, seen.backlog_bytes), (2, left_bytes))
        equal("parent", (seen.parent_qlen_packets, seen.parent_backlog_bytes), (2, left_bytes))
        equal("drops", seen.drops - before, number)


@claim()
def a_trimmed_super_packet_takes_all_its_bytes_along(rig: Rig) -> None:
    """``change limit 2`` takes three of five super-packets, 66088 bytes each, from every backlog.

    hhf_change tells the parent the sum of qdisc_pkt_len, not of skb->len, which is 63766.
    """
    queue = rig.hhf()
    _send_super(queue, FLOW, 5)
    must_change(queue, limit_packets=2)
    seen = queue.counts()
    equal("hhf", (seen.qlen_packets, seen.backlog_bytes), (2, 2 * SUPER_BYTES))
    equal("parent", (seen.parent_qlen_packets, seen.parent_backlog_bytes), (2, 2 * SUPER_BYTES))


def _send_super(queue: Queue, flow: int, count: int = 1) -> None:
    wire = SuperWire(queue.name)
    try:
        errors = wire.send(flow, FRAMES * MSS_BYTES, MSS_BYTES, count)
        equal("errnos of sending super-packets", errors, {0})
    finally:
        wire.close()


def _make_super_heavy(queue: Queue) -> None:
    """Have the flow of ``_send_super(queue, FLOW)`` captured, by a small frame that is dropped."""
    must_change(queue, limit_packets=0, admit_bytes=0)
    queue.send_frame(super_frame(FLOW, 6))
    must_change(queue, limit_packets=1000, admit_bytes=1 << 30)


def _lengths(left: list[Left]) -> list[int]:
    return [one.len_bytes for one in left]


def _places(marked: list[bool]) -> list[int]:
    return [place for place, mark in enumerate(marked) if mark]
