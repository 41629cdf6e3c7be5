# SPDX-License-Identifier: GPL-2.0-or-later
"""When does a flow become a heavy hitter?

Captured is a packet for which count + L > admit_bytes (``hhf_classify``), L being its length with
the Ethernet header. Where nothing is said of it, all happens within one reset interval.
"""

import struct

from hhf_testbed.conform import netlink
from hhf_testbed.model.hashing import table_slot
from hhf_testbed.regress.claim import claim
from hhf_testbed.regress.expect import equal
from hhf_testbed.regress.queue import Queue
from hhf_testbed.regress.rig import HHF_ROOT, Rig

LONG_US = 10_000_000
"""A reset timeout that does not end within a claim."""


def _heavy_with(queue: Queue, flow: int, len_bytes: int, number: int) -> None:
    """Raise Refuted unless a new flow is captured with this packet, counted from 1."""
    before = queue.counts().hh_tot_count
    if number > 1:
        queue.send(flow, len_bytes, number - 1)
    equal(f"captured after {number - 1} packets", queue.counts().hh_tot_count - before, 0)
    queue.send(flow, len_bytes)
    equal(f"captured after {number} packets", queue.counts().hh_tot_count - before, 1)


@claim()
def a_lone_flow_is_heavy_with_packet_87(rig: Rig) -> None:
    """A lone flow of full frames becomes heavy with its 87th within one reset interval.

    Admitted is a packet for which count + L > admit_bytes, L = 1514 and admit_bytes = 131072:
    86 * 1514 = 130204 <= 131072 < 87 * 1514 = 131718.
    """
    rig.to_mid_tick()
    queue = rig.hhf()
    _heavy_with(queue, 1, 1514, 87)
    equal("packets that left", len(queue.drain()), 87)


@claim()
def bytes_count_and_not_packets(rig: Rig) -> None:
    """A lone flow of frames of L bytes becomes heavy with packet floor(131072 / L) + 1.

    60: 2184.5, so 2185; 98: 1337.5, so 1338; 1024: just 128, so 129; 1500: 87.4, so 88; 9014:
    14.5, so 15.
    """
    for len_bytes, number in ((60, 2185), (98, 1338), (1024, 129), (1500, 88), (9014, 15)):
        queue = rig.hhf(mtu_bytes=9000, limit_packets=3000, reset_timeout_us=LONG_US)
        _heavy_with(queue, 1, len_bytes, number)


@claim()
def exactly_admit_bytes_is_not_heavy(rig: Rig) -> None:
    """A flow of exactly admit_bytes is not heavy; one byte less in admit_bytes and it is.

    86 * 1514 = 130204, which is not > 130204, but > 130203.
    """
    for admit_bytes, number in ((130_204, 87), (130_203, 86)):
        queue = rig.hhf(admit_bytes=admit_bytes, reset_timeout_us=LONG_US)
        _heavy_with(queue, 1, 1514, number)


@claim()
def lengths_add_up(rig: Rig) -> None:
    """The bytes of a flow's packets of different lengths are added up.

    60 + 1514 + 98 + 777 = 2449: not heavy with admit_bytes 2449, heavy with the next packet; with
    2448 heavy with the fourth.
    """
    for admit_bytes, heavy in ((2449, 0), (2448, 1)):
        queue = rig.hhf(admit_bytes=admit_bytes, reset_timeout_us=LONG_US)
        for len_bytes in (60, 1514, 98, 777):
            equal("captured so far", queue.counts().hh_tot_count, 0)
            queue.send(1, len_bytes)
        equal(f"captured, admit_bytes {admit_bytes}", queue.counts().hh_tot_count, heavy)
        queue.send(1, 60)
        equal("captured after one more", queue.counts().hh_tot_count, 1)


@claim()
def small_thresholds(rig: Rig) -> None:
    """With admit_bytes below a frame's length its first packet is heavy, with just that the second.

    60 > 0, 60 > 1, 60 > 59, but not 60 > 60; 120 > 60.
    """
    for admit_bytes, number in ((0, 1), (1, 1), (59, 1), (60, 2)):
        queue = rig.hhf(admit_bytes=admit_bytes)
        _heavy_with(queue, 1, 60, number)


@claim()
def huge_thresholds_admit_nothing(rig: Rig) -> None:
    """With admit_bytes 2^31 or 2^32 - 1 a megabyte of one flow is not heavy.

    700 * 1514 = 1059800, eight times the default: at that it is heavy, which is the control.
    """
    for admit_bytes, heavy in ((2**31, 0), (2**32 - 1, 0), (131_072, 1)):
        queue = rig.hhf(admit_bytes=admit_bytes, reset_timeout_us=LONG_US)
        queue.send(1, 1514, 700)
        equal(f"captured, admit_bytes {admit_bytes}", queue.counts().hh_tot_count, heavy)


@claim()
def each_flow_is_counted_alone(rig: Rig) -> None:
    """Of ten flows sending in turn each becomes heavy with its own 87th packet, none before.

    Together they have sent ten times admit_bytes by then. False alarm: a flow that shares all four
    counters with others, at most 10 * (9/1024)^4 = 6e-8.
    """
    queue = rig.hhf(reset_timeout_us=LONG_US)
    for _ in range(86):
        for flow in range(10):
            queue.send(flow, 1514)
    equal("captured after 86 packets of each", queue.counts().hh_tot_count, 0)
    for flow in range(10):
        queue.send(flow, 1514)
        equal(f"captured after the 87th of {flow + 1}", queue.counts().hh_tot_count, flow + 1)
        equal("heavy hitters now", queue.counts().hh_cur_count, flow + 1)


@claim()
def the_packet_that_makes_a_flow_heavy_is_scheduled_as_heavy(rig: Rig) -> None:
    """The 87th packet already is in the heavy hitters' bucket, and so is each that follows.

    Quantum 1514, weight 2, L = 1514: two of the other bucket's packets leave, then a heavy one, and
    so on. So the order is 0 1 86 2 3 87 4 5 88 6 7 89 8 9 10 ... 85.
    """
    queue = rig.hhf(reset_timeout_us=LONG_US)
    queue.send(1, 1514, 90)
    order = [0, 1, 86, 2, 3, 87, 4, 5, 88, 6, 7, 89, *range(8, 86)]
    equal("order of departure", [one.number for one in queue.drain()], order)


@claim()
def nothing_is_scheduled_as_heavy_before(rig: Rig) -> None:
    """86 full frames of a flow, and 86 of another, leave in the order in which they came."""
    queue = rig.hhf(reset_timeout_us=LONG_US)
    for _ in range(86):
        queue.send(1, 1514)
        queue.send(2, 1514)
    equal("order of departure", [one.number for one in queue.drain()], list(range(172)))
    equal("captured", queue.counts().hh_tot_count, 0)


@claim()
def a_heavy_flow_is_captured_once(rig: Rig) -> None:
    """A heavy flow that goes on sending is counted once among those captured.

    587 - 87 = 500 packets more are over five times admit_bytes.
    """
    queue = rig.hhf(reset_timeout_us=LONG_US)
    queue.send(1, 1514, 587)
    seen = queue.counts()
    equal("captured", seen.hh_tot_count, 1)
    equal("heavy hitters now", seen.hh_cur_count, 1)
    equal("refused for want of room", seen.hh_overlimit, 0)


@claim()
def a_light_flow_beside_a_heavy_one_is_not_heavy(rig: Rig) -> None:
    """A flow is not heavy because a heavy one has the same slot of table T; nor is any other.

    Queued are 86 + 101 packets of the heavy flow, the last 101 as heavy, then one of each light
    flow. Two packets leave for each heavy one, all of 1514 bytes, so 43 heavy ones leave before the
    86 are gone; then it is the light flows' turn, in places 129 and 130.
    """
    queue = rig.hhf(reset_timeout_us=LONG_US)
    heavy, same_slot = _two_of_one_slot(queue)
    queue.send(heavy, 1514, 187)
    light = queue.send(same_slot, 60) + queue.send((heavy + 1) % 65_536, 60)
    order = [one.number for one in queue.drain()]
    equal("places of the light flows", [order.index(number) for number in light], [129, 130])
    equal("captured", queue.counts().hh_tot_count, 1)


def _two_of_one_slot(queue: Queue) -> tuple[int, int]:
    """Return two flows of one slot of table T, with no counter in common but that of the slot."""
    by_slot: dict[int, int] = {}
    for flow, hash_ in enumerate(queue.hashes(4096)):
        first = by_slot.setdefault(table_slot(hash_), flow)
        if first != flow:
            return first, flow
    raise AssertionError("4096 flows in 4096 slots")


@claim()
def with_hh_limit_0_none_is_heavy(rig: Rig) -> None:
    """With hh_limit 0 no flow is heavy, and each packet above the threshold is counted as refused.

    Of 90 packets numbers 87 to 90 are above it, for a refused packet is not added to the counters:
    4 refusals. All 90 leave in the order in which they came.
    """
    queue = rig.hhf(reset_timeout_us=LONG_US)
    equal("change to hh_limit 0: errno", queue.change(hh_limit=0), 0)
    queue.send(1, 1514, 90)
    seen = queue.counts()
    equal("refused", seen.hh_overlimit, 4)
    equal("captured, and heavy now", (seen.hh_tot_count, seen.hh_cur_count), (0, 0))
    equal("order of departure", [one.number for one in queue.drain()], list(range(90)))


@claim()
def a_full_table_refuses_and_has_room_again(rig: Rig) -> None:
    """With hh_limit 1 a second flow is refused while the first is heavy, until hh_limit is raised.

    The first stays heavy. The counters of the second have stayed at 86 * 1514 bytes, so after the
    change its very next packet is captured.
    """
    queue = rig.hhf(reset_timeout_us=LONG_US)
    queue.change(hh_limit=1)
    queue.send(1, 1514, 90)
    queue.send(2, 1514, 90)
    queue.send(1, 1514, 90)
    seen = queue.counts()
    equal("captured and refused", (seen.hh_tot_count, seen.hh_overlimit), (1, 4))
    queue.change(hh_limit=2)
    queue.send(2, 60, 1)
    queue.send(2, 1514, 1)
    seen = queue.counts()
    equal("captured and refused", (seen.hh_tot_count, seen.hh_overlimit), (2, 4))


@claim()
def a_new_threshold_holds_at_once(rig: Rig) -> None:
    """A change of admit_bytes holds from the next packet on, for what was counted before too.

    After 10 * 1514 = 15140 bytes with the default: a threshold of 15199 lets a packet of 60 be
    captured (15200 > 15199), one of 15200 does not.
    """
    for admit_bytes, heavy in ((15_200, 0), (15_199, 1)):
        queue = rig.hhf(reset_timeout_us=LONG_US)
        queue.send(1, 1514, 10)
        equal("change of admit_bytes: errno", queue.change(admit_bytes=admit_bytes), 0)
        queue.send(1, 60)
        equal(f"captured, admit_bytes {admit_bytes}", queue.counts().hh_tot_count, heavy)


@claim()
def the_filter_counts_the_length_that_the_qdisc_counts(rig: Rig) -> None:
    """With a size table that adds 940 bytes to every frame, one of 60 counts 1000.

    ``tc qdisc add ... stab overhead 940`` (``__qdisc_calculate_pkt_len``). admit_bytes is 2000, so
    of frames of 60 bytes the third is captured; without the table it would be the 34th.
    """
    index = rig.interface()
    size_spec = struct.pack("=BBhiIIII", 0, 0, 0, 940, netlink.LINKLAYER_ETHERNET, 0, 0, 0)
    stab = netlink.attribute(netlink.TCA_STAB, netlink.attribute(netlink.TCA_STAB_BASE, size_spec))
    message = netlink.set_hhf(
        index, {"admit_bytes": 2000}, add=True, handle=HHF_ROOT, parent=netlink.ROOT
    )
    message = struct.pack("=I", len(message) + len(stab)) + message[4:] + stab
    rig.must(message, f"interface {index}: add hhf with stab overhead 940")
    queue = Queue(rig.link, rig.diary, index, f"hhf{index}", HHF_ROOT, netlink.ROOT, 0)
    try:
        _heavy_with(queue, 1, 60, 3)
        equal("bytes sent", queue.counts().sent_bytes, 3000)
    finally:
        queue.close()
