# SPDX-License-Identifier: GPL-2.0-or-later
"""What ``tc qdisc change limit N`` throws away when more than N packets wait (``hhf_change``)."""

from hhf_testbed.regress.claim import claim
from hhf_testbed.regress.expect import equal
from hhf_testbed.regress.queue import Queue
from hhf_testbed.regress.rig import Rig

HEAVY, LIGHT = 1, 2


@claim()
def trimming_leaves_limit_packets(rig: Rig) -> None:
    """After a change to limit N at most N packets wait, and just as many fewer as were too many.

    10 wait: limit 10 trims none, 9 one, 3 six more, 0 the last three.
    """
    queue = rig.hhf()
    queue.send(LIGHT, 500, 10)
    for limit, qlen in ((10, 10), (9, 9), (3, 3), (0, 0)):
        equal("errno", queue.change(limit_packets=limit), 0)
        seen = queue.counts()
        equal("qlen and backlog", (seen.qlen_packets, seen.backlog_bytes), (qlen, qlen * 500))


@claim()
def raising_the_limit_trims_nothing(rig: Rig) -> None:
    """A higher limit, or the same, leaves the queue alone."""
    queue = rig.hhf(limit_packets=5)
    numbers = queue.send(LIGHT, 500, 5)
    for limit in (5, 6, 2**32 - 1):
        equal("errno", queue.change(limit_packets=limit), 0)
    equal("packets that leave", [one.number for one in queue.drain()], numbers)


@claim()
def trimming_goes_in_the_order_of_leaving(rig: Rig) -> None:
    """What is trimmed is what would have left next, so light packets before heavy ones.

    The light bucket is new and has a deficit of 2 * 1514: it goes first. 4 light packets of 500
    bytes and 3 heavy ones wait; limit 2 trims the 4 light and the first heavy one.
    """
    queue = rig.hhf(admit_bytes=1000)
    heavy = queue.send(HEAVY, 1001, 3)
    queue.send(LIGHT, 200, 4)
    equal("errno", queue.change(limit_packets=2), 0)
    equal("packets that leave", [one.number for one in queue.drain()], heavy[1:])


@claim()
def trimmed_packets_count_as_sent(rig: Rig) -> None:
    """Trimmed packets are counted as sent with their bytes, not as dropped.

    They are taken out by hhf_dequeue, which counts (qdisc_bstats_update). Surprising, and so in
    every kernel.
    """
    queue = rig.hhf()
    queue.send(LIGHT, 500, 10)
    equal("errno", queue.change(limit_packets=4), 0)
    seen = queue.counts()
    equal("sent", (seen.sent_packets, seen.sent_bytes), (6, 3000))
    equal("drops and drop_overlimit", (seen.drops, seen.drop_overlimit), (0, 0))


@claim()
def the_parent_is_told_of_trimmed_packets(rig: Rig) -> None:
    """The parent's qlen and backlog fall with what is trimmed, in packets and in bytes.

    10 of 500 bytes and 5 of 1000: the light bucket leaves in this order. Limit 3 trims 12.
    """
    queue = rig.hhf()
    queue.send(LIGHT, 500, 10)
    queue.send(LIGHT, 1000, 5)
    equal("errno", queue.change(limit_packets=3), 0)
    seen = queue.counts()
    equal("parent", (seen.parent_qlen_packets, seen.parent_backlog_bytes), (3, 3000))
    _drains_clean(queue, 3)


@claim()
def a_queue_trimmed_to_nothing_works_on(rig: Rig) -> None:
    """After limit 0 has emptied the queue and the limit is raised again, packets pass as before."""
    queue = rig.hhf(admit_bytes=1000)
    for _ in range(3):
        queue.send(HEAVY, 1001, 3)
        queue.send(LIGHT, 60, 2)
        equal("errno", queue.change(limit_packets=0), 0)
        equal("qlen", queue.counts().qlen_packets, 0)
        equal("errno", queue.change(limit_packets=100), 0)
    numbers = queue.send(LIGHT, 60, 2) + queue.send(HEAVY, 1001, 2)
    equal("packets that leave", [one.number for one in queue.drain()], numbers)
    _drains_clean(queue, 0)


@claim(needs="peeked_trimmed")
def a_peeked_packet_is_trimmed_too(rig: Rig) -> None:
    """limit 0 with nothing but the packet that tbf has peeked at empties the queue.

    Without 2d3cbfd6d54a hhf_change waits for ever for a packet that hhf_dequeue does not have.
    The first packet leaves at once, for tbf begins with a full bucket; the second waits, peeked at.
    """
    queue = rig.hhf(parent="tbf", drain_bps=8_000)
    queue.send(LIGHT, 1514)
    queue.send(LIGHT, 1514)
    equal("packets that wait", queue.counts().qlen_packets, 1)
    equal("errno", queue.change(limit_packets=0), 0)
    equal("packets that wait after limit 0", queue.counts().qlen_packets, 0)


@claim(needs="peeked_trim_counted")
def a_trimmed_peeked_packet_leaves_the_backlog(rig: Rig) -> None:
    """When the peeked packet is trimmed, its bytes leave hhf's backlog and tbf's.

    Without 52bf272636bd (CVE-2025-39677) they stay for ever. Of 1514, 400, 300 and 200 bytes the
    first leaves at once and the second is peeked at; limit 1 trims it and the third.
    """
    queue = rig.hhf(parent="tbf", drain_bps=8_000)
    for size in (1514, 400, 300, 200):
        queue.send(LIGHT, size)
    equal("errno", queue.change(limit_packets=1), 0)
    seen = queue.counts()
    equal("hhf", (seen.qlen_packets, seen.backlog_bytes), (1, 200))
    equal("tbf", (seen.parent_qlen_packets, seen.parent_backlog_bytes), (1, 200))
    _drains_clean(queue, 1)


def _drains_clean(queue: Queue, packets: int) -> None:
    """Claim that so many packets leave, and that then all counts of what waits are zero."""
    before = queue.counts(quiet=True).sent_packets
    queue.drain()
    seen = queue.counts()
    equal("packets sent in the end", seen.sent_packets - before, packets)
    waits = (seen.qlen_packets, seen.backlog_bytes)
    equal("what waits", waits, (0, 0))
    equal(
        "what waits for the parent", (seen.parent_qlen_packets, seen.parent_backlog_bytes), (0, 0)
    )
