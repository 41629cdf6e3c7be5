# SPDX-License-Identifier: GPL-2.0-or-later
"""How many packets are held?"""

from hhf_testbed.params import INT_MAX, U32_MAX
from hhf_testbed.regress.claim import claim
from hhf_testbed.regress.expect import equal
from hhf_testbed.regress.heavy import FOREVER_US, make_heavy, must_change
from hhf_testbed.regress.queue import Queue
from hhf_testbed.regress.rig import Rig


@claim()
def exactly_limit_packets_are_held(rig: Rig) -> None:
    """With limit n, n packets wait without a drop; each one more costs one.

    hhf_enqueue adds the packet first, then drops one if qlen > limit.
    """
    for limit in (1, 2, 3, 10, 100):
        queue = rig.hhf(limit_packets=limit)
        queue.send(1, 60, limit)
        _holds(queue, limit, 0)
        for more in (1, 2, 3):
            queue.send(1, 60)
            _holds(queue, limit, more)
        equal(f"packets that leave with limit {limit}", len(queue.drain()), limit)


@claim()
def the_default_is_1000_packets(rig: Rig) -> None:
    """Without a limit given 1000 packets are held, and of 1003 the first three dropped."""
    queue = rig.hhf()
    numbers = queue.send(1, 60, 1003)
    _holds(queue, 1000, 3)
    equal("packets that leave", [one.number for one in queue.drain()], numbers[3:])


@claim()
def limit_0_lets_nothing_through(rig: Rig) -> None:
    """With limit 0 each packet is dropped at once, light or heavy; with 1 a packet passes."""
    for admit in (0, U32_MAX):
        queue = rig.hhf(limit_packets=0, admit_bytes=admit)
        queue.send(1, 1514, 20)
        _holds(queue, 0, 20)
        equal("backlog", queue.counts().backlog_bytes, 0)
        equal("packets that leave with limit 0", len(queue.drain()), 0)
        rig.sleep_ms(200)
        equal("packets that leave late", len(queue.left()), 0)
        must_change(queue, limit_packets=1)
        queue.send(1, 1514)
        equal("packets that leave with limit 1", len(queue.drain()), 1)


@claim()
def limit_1_lets_a_packet_at_a_time_through(rig: Rig) -> None:
    """With limit 1 and nothing waiting each packet passes, below HTB and as the root qdisc.

    In 2013 hhf held limit - 1, and with limit 1 a link was dead.
    """
    for parent in ("root", "htb"):
        queue = rig.hhf(parent=parent, hold_ms=1, limit_packets=1)
        rig.sleep_ms(10)
        for _ in range(10):
            queue.send(1, 60)
            equal("packets that leave", len(queue.drain()), 1)
        equal("drops", queue.counts().drops, 0)


@claim()
def the_greatest_limit_is_none(rig: Rig) -> None:
    """With a limit of 2147483647, 2147483648 or 4294967295 packets 1200 are held, no drop.

    qlen and limit are compared as unsigned numbers: above INT_MAX they would be negative. 1200 is
    more than the default of 1000.
    """
    for limit in (INT_MAX, INT_MAX + 1, U32_MAX):
        queue = rig.hhf(limit_packets=limit)
        queue.send(1, 60, 1200)
        _holds(queue, 1200, 0)


@claim()
def the_limit_counts_light_and_heavy_packets_together(rig: Rig) -> None:
    """The limit is of both buckets: with limit 8, five light and three heavy packets are all."""
    queue = rig.hhf(limit_packets=8, evict_timeout_us=FOREVER_US)
    make_heavy(queue, 1)
    queue.send(1, 60, 3)
    queue.send(2, 60, 5)
    _holds(queue, 8, 1)  # the one of make_heavy
    queue.send(2, 60)
    _holds(queue, 8, 2)
    queue.send(1, 60)
    _holds(queue, 8, 3)


@claim()
def the_limit_counts_packets_not_bytes(rig: Rig) -> None:
    """With limit 10 ten packets are held, of 60 bytes as well as of 9014."""
    for len_bytes in (60, 1514, 9014):
        queue = rig.hhf(limit_packets=10, mtu_bytes=9000)
        queue.send(1, len_bytes, 15)
        _holds(queue, 10, 5)
        equal("backlog", queue.counts().backlog_bytes, 10 * len_bytes)


@claim()
def a_packet_that_has_left_makes_room(rig: Rig) -> None:
    """What has left counts no more: 200 packets pass limit 20 without a drop, 20 at a time."""
    queue = rig.hhf(limit_packets=20)
    queue.send(1, 60, 20)
    _holds(queue, 20, 0)
    for _ in range(9):
        equal("packets that leave", len(queue.drain()), 20)
        queue.send(1, 60, 20)
        equal("drops", queue.counts().drops, 0)


@claim()
def the_packet_that_tbf_has_peeked_at_counts(rig: Rig) -> None:
    """A packet that the parent has set aside (gso_skb) counts in qlen, and so against the limit.

    tbf lets the first packet out at once and takes the second out of its bucket, to look at it.
    With limit 5 that one and four more are held. It is out of reach of a drop: of packets 1 to 8
    packet 1 is the peeked one, and 2, 3 and 4 are dropped.
    """
    queue = rig.hhf(parent="tbf", limit_packets=5, drain_bps=1514 * 8 * 100)
    queue.send(1, 1514)
    equal("the first packet", len(queue.wait_left(1)), 1)
    queue.send(1, 1514, 5)
    _holds(queue, 5, 0)
    queue.send(1, 1514, 3)
    _holds(queue, 5, 3)
    equal("packets, as they leave", [one.number for one in queue.drain()], [1, 5, 6, 7, 8])


@claim()
def a_raised_limit_holds_at_once(rig: Rig) -> None:
    """When the limit is raised more packets are held; what was dropped stays dropped."""
    queue = rig.hhf(limit_packets=3)
    queue.send(1, 60, 5)
    _holds(queue, 3, 2)
    must_change(queue, limit_packets=6)
    queue.send(1, 60, 3)
    _holds(queue, 6, 2)
    queue.send(1, 60)
    _holds(queue, 6, 3)


def _holds(queue: Queue, qlen: int, drops: int) -> None:
    counts = queue.counts()
    equal("qlen", counts.qlen_packets, qlen)
    equal("drop_overlimit", counts.drop_overlimit, drops)
    equal("drops", counts.drops, drops)
