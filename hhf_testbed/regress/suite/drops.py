# SPDX-License-Identifier: GPL-2.0-or-later
"""Which packet is dropped when there is one too many?

The head of the heavy bucket if there is one, else the head of the light bucket (hhf_drop). Numbers
below are those of the packets, in the order of sending; ``make_heavy`` has sent the first.
"""

from typing import Final

from hhf_testbed.regress.claim import claim
from hhf_testbed.regress.expect import equal
from hhf_testbed.regress.heavy import ALL_AT_ONCE, FOREVER_US, make_heavy, must_change
from hhf_testbed.regress.queue import Queue
from hhf_testbed.regress.rig import Rig

HEAVY, LIGHT = 1, 2
LIMIT: Final = 10


@claim()
def the_oldest_light_packet_is_dropped_if_none_is_heavy(rig: Rig) -> None:
    """With only light packets the oldest one goes, whatever flow it is of, and the new one stays.

    15 packets of three flows and limit 10: packets 0 to 4 are dropped.
    """
    queue = rig.hhf(limit_packets=LIMIT)
    for number in range(15):
        queue.send(number % 3, 60 + number)
    _left(queue, list(range(5, 15)), drops=5, before=0)


@claim()
def the_oldest_heavy_packet_is_dropped_first(rig: Rig) -> None:
    """With packets of both kinds the oldest heavy one goes, though light ones are older.

    Five light, five heavy, then three more light ones: three heavy ones are dropped, from the head.
    """
    queue = _queue(rig)
    light = queue.send(LIGHT, 60, 5)
    heavy = queue.send(HEAVY, 60, 5)
    light += queue.send(LIGHT, 60, 3)
    _left(queue, light + heavy[3:], drops=3)


@claim()
def heavy_packets_push_out_heavy_ones(rig: Rig) -> None:
    """A heavy packet too many costs the oldest heavy one, also of another heavy flow; no light one.

    Flows 1 and 3 are heavy. Of five light and 20 heavy packets the five and the last five stay.
    """
    usual = {"limit_packets": LIMIT, "evict_timeout_us": FOREVER_US, **ALL_AT_ONCE}
    queue = rig.hhf(parent="htb", **usual)
    make_heavy(queue, 1, 3)
    light = queue.send(LIGHT, 60, 5)
    heavy = [queue.send((1, 3)[number % 2], 60)[0] for number in range(20)]
    _left(queue, light + heavy[15:], drops=15, before=2)


@claim()
def the_new_heavy_packet_is_dropped_if_it_is_the_only_one(rig: Rig) -> None:
    """A heavy packet that comes to a queue full of light ones is dropped itself.

    It is added to its bucket first, and is the head of it then. With the heavy bucket empty again,
    the next one fares the same; and a light one pushes out the oldest light one.
    """
    queue = _queue(rig)
    light = queue.send(LIGHT, 60, LIMIT)
    for _ in range(3):
        queue.send(HEAVY, 60)
    _counted(queue, 3)
    light += queue.send(LIGHT, 60, 2)
    _left(queue, light[2:], drops=5)


@claim()
def light_packets_are_dropped_when_the_heavy_ones_are_gone(rig: Rig) -> None:
    """Light packets push out all heavy ones, oldest first, and only then light ones.

    Three light, seven heavy, then ten light ones: all seven heavy go, then light ones 1 to 3.
    """
    queue = _queue(rig)
    light = queue.send(LIGHT, 60, 3)
    heavy = queue.send(HEAVY, 60, 7)
    for number in range(10):
        light += queue.send(LIGHT, 60)
        _counted(queue, number + 1)
    equal("heavy packets sent", len(heavy), 7)
    _left(queue, light[3:], drops=10)


@claim()
def one_packet_is_dropped_for_each_too_many(rig: Rig) -> None:
    """Exactly one packet goes for each that is too many, however long either is.

    60 bytes are dropped for 9014 and 9014 for 60; the backlog follows: what comes less what goes.
    """
    for first, then in ((60, 9014), (9014, 60)):
        queue = rig.hhf(limit_packets=LIMIT, mtu_bytes=9000)
        queue.send(1, first, LIMIT)
        for number in range(1, LIMIT + 1):
            queue.send(1, then)
            counts = _counted(queue, number, before=0)
            equal("backlog", counts, (LIMIT, (LIMIT - number) * first + number * then))


@claim()
def the_order_of_the_others_is_unchanged(rig: Rig) -> None:
    """A drop changes nothing for the packets that stay: their buckets, turns and order.

    Limit 12, quantum 1514, weight 2. Twelve heavy packets, then eight light ones, which push out
    heavy packets 0 to 7. What is left leaves as if nothing else had ever come: LLHLLHLLHLLH.
    """
    queue = _queue(rig, limit_packets=12, quantum_bytes=1514, non_hh_weight=2)
    heavy = queue.send(HEAVY, 1514, 12)[8:]
    light = queue.send(LIGHT, 1514, 8)
    order = [light.pop(0) if kind == "L" else heavy.pop(0) for kind in "LLHLLHLLHLLH"]
    _left(queue, order, drops=8)


@claim()
def dropped_bytes_are_not_charged(rig: Rig) -> None:
    """A bucket does not pay for what is dropped: the deficit falls with departures only.

    Limit 4, weight 1, quantum 1514. Heavy packets of 9014 bytes are pushed out by heavy ones of
    1514; had they been paid for, H would wait for its debts while both light packets leave.
    """
    queue = _queue(rig, limit_packets=4, quantum_bytes=1514, non_hh_weight=1, mtu_bytes=9000)
    queue.send(HEAVY, 9014, 4)
    heavy = queue.send(HEAVY, 1514, 4)[2:]
    light = queue.send(LIGHT, 1514, 2)
    _left(queue, [light[0], heavy[0], light[1], heavy[1]], drops=6)


@claim()
def a_bucket_emptied_by_drops_takes_packets_again(rig: Rig) -> None:
    """When drops have emptied a bucket, what comes into it later leaves, in order.

    The heavy bucket is emptied by light packets; heavy packets that come when there is room again
    leave behind the light ones. (A tail left behind by the last drop would lose them.)
    """
    queue = _queue(rig, hold_ms=20)
    queue.send(HEAVY, 60, 3)
    light = queue.send(LIGHT, 60, LIMIT)
    _left(queue, light, drops=3)
    heavy = queue.send(HEAVY, 60) + queue.send(HEAVY, 60) + queue.send(HEAVY, 60)
    equal("heavy packets", [one.number for one in queue.drain()], heavy)


@claim()
def a_bucket_emptied_by_drops_keeps_its_debts(rig: Rig) -> None:
    """A bucket that drops have emptied stays on its list, with its deficit, until its turn.

    Quantum 1514, weight 1. A heavy packet of 9014 bytes leaves: H owes 7500. Ten light packets push
    out the other two heavy ones; then there is room for one more. H has five turns without a packet
    (-5986 -4472 -2958 -1444 70), after each of which a light one leaves. A bucket that the drop
    took off its list would have a new quantum instead, and its packet would leave second.
    """
    queue = _queue(rig, drain_bps=1514 * 8 * 1000, quantum_bytes=1514, mtu_bytes=9000)
    queue.send(LIGHT, 1514)
    queue.send(HEAVY, 9014)
    queue.send(HEAVY, 1514, 2)
    equal("flows, as they left", [one.flow for one in queue.wait_left(2)], [LIGHT, HEAVY])
    light = queue.send(LIGHT, 1514, LIMIT)
    _counted(queue, 2)
    must_change(queue, limit_packets=LIMIT + 1)
    heavy = queue.send(HEAVY, 1514)
    _left(queue, light[:5] + heavy + light[5:], drops=2)


@claim()
def drops_are_counted_twice_and_not_as_sent(rig: Rig) -> None:
    """drops and drop_overlimit both count each packet dropped; sent counts only what left.

    qdisc_drop counts one, hhf_enqueue the other. 30 packets and limit 10: 20 dropped, 10 sent. The
    control is in the same run: at limit nothing is counted yet.
    """
    queue = rig.hhf(limit_packets=LIMIT)
    queue.send(1, 100, LIMIT)
    _counted(queue, 0, before=0)
    queue.send(1, 200, 20)
    _counted(queue, 20, before=0)
    queue.drain()
    counts = queue.counts()
    equal("packets sent", counts.sent_packets, LIMIT)
    equal("bytes sent", counts.sent_bytes, LIMIT * 200)


def _queue(rig: Rig, **params: int) -> Queue:
    """An hhf in which ``HEAVY`` is the only heavy flow; light packets leave first."""
    usual = {"limit_packets": LIMIT, "evict_timeout_us": FOREVER_US, **ALL_AT_ONCE}
    queue = rig.hhf(parent="htb", **(usual | params))
    make_heavy(queue, HEAVY)
    return queue


def _counted(queue: Queue, drops: int, before: int = 1) -> tuple[int, int]:
    """Compare both counts of drops, less ``before`` by make_heavy; return qlen and backlog."""
    counts = queue.counts()
    equal("drops", counts.drops - before, drops)
    equal("drop_overlimit", counts.drop_overlimit - before, drops)
    return counts.qlen_packets, counts.backlog_bytes


def _left(queue: Queue, numbers: list[int], *, drops: int, before: int = 1) -> None:
    """Compare the counts of drops, let everything out, and compare the numbers of what leaves."""
    _counted(queue, drops, before)
    equal("packets, as they left", [one.number for one in queue.drain()], numbers)
