# SPDX-License-Identifier: GPL-2.0-or-later
"""Do the qdiscs above hhf know how many packets and bytes it holds?

A parent adds each packet that it hands down and that is answered with success. What hhf drops of
its own accord it must report by qdisc_tree_reduce_backlog. A parent that counts too much believes
there is something to send when there is nothing; one that counts too little stops too early.
"""

from collections.abc import Sequence
from typing import Final

from hhf_testbed.conform import netlink
from hhf_testbed.regress.claim import claim
from hhf_testbed.regress.expect import equal
from hhf_testbed.regress.heavy import FOREVER_US, make_heavy, must_change
from hhf_testbed.regress.parents import FIRST, MIDDLE, MIDDLES, PEEKING, SECOND
from hhf_testbed.regress.queue import Queue
from hhf_testbed.regress.rig import Rig

HEAVY, LIGHT, OTHER = 1, 2, 9
PARENTS: Final = ("htb", "tbf", *MIDDLES)
SLOW_BPS: Final = 60 * 8 * 10
"""Ten frames of 60 bytes a second, so that tbf lets nothing out while a claim looks."""


@claim()
def parents_know_what_waits(rig: Rig) -> None:
    """Without a drop each parent counts what hhf holds, full and empty again."""
    for parent in PARENTS:
        queue = _queue(rig, parent, limit_packets=100)
        for number in range(20):
            queue.send(HEAVY if number % 3 else LIGHT, 60 + number)
        _agree(queue, "after 20 packets")
        queue.drain()
        _agree_on_nothing(queue)


@claim()
def parents_know_of_drops_of_equal_size(rig: Rig) -> None:
    """After each overflow each parent counts what hhf holds, if all packets are of one size.

    Drops from the new packet's own bucket (NET_XMIT_CN: the parent does not add the new one) and
    from the other (success, and the parent is told of one packet less) alternate. This is also the
    control of the claim about packets of different size.
    """
    for parent in PARENTS:
        queue = _queue(rig, parent, limit_packets=4)
        for number, flow in enumerate([HEAVY, LIGHT, HEAVY, LIGHT, LIGHT, LIGHT, LIGHT, HEAVY] * 3):
            queue.send(flow, 60)
            _agree(queue, f"after packet {number}")
        queue.drain()
        _agree_on_nothing(queue)


@claim()
def parents_know_the_bytes_of_a_drop_from_the_other_bucket(rig: Rig) -> None:
    """When light packets push out heavy ones of another size, the parents' bytes are right.

    hhf_enqueue reports prev_backlog - backlog, which is the length of what it dropped. Of six
    heavy packets of 100 to 105 bytes five are pushed out by light ones of 60 to 64. (Some parents
    set the first one aside, out of reach.)
    """
    for parent in PARENTS:
        queue = _queue(rig, parent, limit_packets=6)
        for number in range(6):
            queue.send(HEAVY, 100 + number)
        for number in range(5):
            before = queue.counts(quiet=True)
            queue.send(LIGHT, 60 + number)
            _agree(queue, f"after light packet {number}")
            after = queue.counts(quiet=True)
            equal("drops the parent counts", after.parent_drops - before.parent_drops, 1)
        queue.drain()
        _agree_on_nothing(queue)


@claim(needs="parent_told_on_cn")
def parents_know_the_bytes_of_a_drop_from_the_own_bucket(rig: Rig) -> None:
    """When a packet pushes out one of its own bucket that is longer or shorter, bytes are right.

    Answered with NET_XMIT_CN, the parent adds neither the packet nor its bytes. But what hhf holds
    changes by the difference in length of the two, of which it must tell the parent by
    qdisc_tree_reduce_backlog(sch, 0, dropped - added), as fq_codel does since 80e509db54c8. With
    limit 2, 60 60 1000 bytes: hhf holds 1060, a parent that was not told counts 120, and when all
    has left -940, shown as 4294966356.
    """
    for parent in ("htb", "tbf"):
        queue = _queue(rig, parent, limit_packets=2)
        for len_bytes in (60, 60, 1000, 60, 500):
            queue.send(LIGHT, len_bytes)
            _agree(queue, f"after a packet of {len_bytes} bytes, below {parent}")
        queue.drain()
        _agree_on_nothing(queue)


@claim()
def parents_count_every_drop(rig: Rig) -> None:
    """A parent's drops are hhf's drops, whichever bucket they come from.

    For NET_XMIT_CN the parent counts one itself; of the others qdisc_tree_reduce_backlog tells it.
    """
    for parent in PARENTS:
        queue = _queue(rig, parent, limit_packets=4)
        for flow in [HEAVY, LIGHT, HEAVY, LIGHT, LIGHT, LIGHT, LIGHT, HEAVY, HEAVY]:
            queue.send(flow, 60)
            counts = queue.counts()
            equal(f"drops of {parent}", counts.parent_drops, counts.drops)
        equal("drops", counts.drops, 6)


@claim()
def parents_know_what_is_trimmed(rig: Rig) -> None:
    """When a change of the limit drops packets, the parents lose as many packets and bytes.

    Ten packets of 60 to 69 bytes; limit 7, then 3, then 0. The parents here set no packet aside.
    """
    for parent in PARENTS:
        if parent in PEEKING:
            continue
        queue = _queue(rig, parent, limit_packets=100, make=False)
        for number in range(10):
            queue.send(LIGHT, 60 + number)
        for limit in (7, 3, 0):
            must_change(queue, limit_packets=limit)
            equal("packets held", queue.counts().qlen_packets, limit)
            _agree(queue, f"at limit {limit}")
        _agree_on_nothing(queue)


@claim()
def a_class_trimmed_to_nothing_is_left_alone_and_works_again(rig: Rig) -> None:
    """A class whose hhf is trimmed to nothing is not served until packets come again.

    qdisc_tree_reduce_backlog deactivates the class (qlen_notify) if hhf is empty by then. Else the
    parent would ask an empty hhf: the other class, 2:2, would wait behind it for ever, or the
    kernel complain that hhf is non-work-conserving.
    """
    for parent in ("drr", "ets", "prio"):
        _trim_to_nothing(rig, parent)


@claim(needs="peeked_trim_counted")
def a_class_that_had_peeked_is_left_alone_and_works_again(rig: Rig) -> None:
    """The same below hfsc and qfq, which set the first packet aside: it is trimmed too.

    Before 2d3cbfd6d54a it was not, and hhf_change, asked for limit 0, waited for it for ever; then,
    before 52bf272636bd, its bytes stayed in the parent's backlog.
    """
    for parent in ("hfsc", "qfq"):
        _trim_to_nothing(rig, parent)


@claim()
def a_full_hhf_does_not_keep_others_waiting(rig: Rig) -> None:
    """A class whose hhf takes nothing (limit 0) is not served, and others are.

    Each packet is answered with NET_XMIT_CN, so the parent does not activate the class.
    """
    for parent in MIDDLES:
        queue = rig.hhf(parent=parent, limit_packets=0)
        queue.send(LIGHT, 60, 5)
        _send_to_other(queue)
        _tally(queue, MIDDLE, 3)
        rig.sleep_ms(300)
        equal(f"flows that left, below {parent}", _flows(queue), [OTHER] * 3)
        _agree_on_nothing(queue)


@claim()
def a_deleted_hhf_takes_its_packets_with_it(rig: Rig) -> None:
    """When an hhf with packets is deleted after overflows, the parents count nothing."""
    for parent in PARENTS:
        queue = _queue(rig, parent, limit_packets=4)
        for flow in [HEAVY, LIGHT, HEAVY, LIGHT, LIGHT, LIGHT, LIGHT, HEAVY] * 2:
            queue.send(flow, 60)
        equal("errno of delete", queue.delete(), 0)
        for handle in _above(queue):
            _tally(queue, handle, 0)


def _queue(rig: Rig, parent: str, *, limit_packets: int, make: bool = True) -> Queue:
    """An hhf with ``HEAVY`` the only heavy flow, from which nothing leaves for now."""
    slow = {"drain_bps": SLOW_BPS} if parent == "tbf" else {}
    queue = rig.hhf(parent=parent, limit_packets=limit_packets, evict_timeout_us=FOREVER_US, **slow)
    if make:
        make_heavy(queue, HEAVY)
    if parent == "tbf":
        queue.send(LIGHT, 1514)
        equal("packets that leave at once", len(queue.wait_left(1)), 1)
    return queue


def _above(queue: Queue) -> Sequence[int]:
    return (netlink.PARENT,) if queue.parent_handle == netlink.PARENT else (MIDDLE, netlink.PARENT)


def _trim_to_nothing(rig: Rig, parent: str) -> None:
    """Trim five packets while three wait in another class, and look who is served then."""
    queue = rig.hhf(parent=parent)
    queue.send(LIGHT, 60, 5)
    _send_to_other(queue)
    must_change(queue, limit_packets=0)
    for handle in _above(queue):
        _tally(queue, handle, 3)
    rig.sleep_ms(300)
    equal(f"flows that left, below {parent}", _flows(queue), [OTHER] * 3)
    must_change(queue, limit_packets=100)
    _send_to_other(queue)
    queue.send(LIGHT, 60, 5)
    rig.sleep_ms(300)
    equal(f"flows that left then, below {parent}", _flows(queue), [OTHER] * 3 + [LIGHT] * 5)
    for handle in _above(queue):
        _tally(queue, handle, 0)


def _agree(queue: Queue, when: str) -> None:
    """Compare packets and bytes with each qdisc above."""
    counts = queue.counts()
    for handle in _above(queue):
        above = queue.tally(handle)
        seen = (above.parent_qlen_packets, above.parent_backlog_bytes)
        held = (counts.qlen_packets, counts.backlog_bytes)
        equal(f"packets and bytes in {handle >> 16:x}:, {when}", seen, held)


def _agree_on_nothing(queue: Queue) -> None:
    equal("packets held", queue.counts().qlen_packets, 0)
    equal("bytes held", queue.counts(quiet=True).backlog_bytes, 0)
    _agree(queue, "with nothing left")


def _tally(queue: Queue, handle: int, qlen: int) -> None:
    above = queue.tally(handle)
    seen = (above.parent_qlen_packets, above.parent_backlog_bytes)
    equal(f"packets and bytes in {handle >> 16:x}:", seen, (qlen, qlen * 60))


def _send_to_other(queue: Queue) -> None:
    """Send three packets to the class 2:2."""
    queue.wire.choose_class(SECOND)
    queue.send(OTHER, 60, 3)
    queue.wire.choose_class(FIRST)


def _flows(queue: Queue) -> list[int]:
    return sorted((one.flow for one in queue.left()), reverse=True)
