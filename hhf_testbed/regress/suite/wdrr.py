# SPDX-License-Identifier: GPL-2.0-or-later
"""In which order do packets leave: weighted deficit round robin of two buckets.

hhf_dequeue takes from the first bucket of the new list, else of the old list, as long as that
bucket's deficit is above 0, and then subtracts the packet's length. At 0 or below the bucket gets
weight * quantum more and goes to the end of the old list. The weight of the heavy bucket is 1. A
bucket that becomes active starts with weight * quantum: the light one on the new list, the heavy
one at the end of the old list.

In the orders below L is a light packet and H a heavy one; within a bucket first come is first
served. ``PACED_BPS`` lets one frame of 1514 bytes out per millisecond, so that packets can come
between departures.
"""

from typing import Final

from hhf_testbed.regress.claim import claim
from hhf_testbed.regress.expect import equal, within
from hhf_testbed.regress.frames import MIN_BYTES
from hhf_testbed.regress.heavy import FOREVER_US, make_heavy, must_change
from hhf_testbed.regress.parents import set_overhead
from hhf_testbed.regress.queue import Queue
from hhf_testbed.regress.rig import Rig
from hhf_testbed.regress.wire import Left

HEAVY, LIGHT = 1, 2
PACED_BPS: Final = 1514 * 8 * 1000
SIZES: Final = (60, 1514, 700, 64, 1400, 90, 1000, 333, 1514, 61, 512)
"""Eleven sizes, so they never keep step with a quantum for long."""


@claim()
def two_light_packets_for_each_heavy_one(rig: Rig) -> None:
    """Equal packets of one quantum leave two light, one heavy with the default weight.

    L starts with 3028: two packets of 1514 make it 0, which is not above 0. H starts with 1514: one
    packet. So LLH again and again, the light ones first although the heavy ones came first.
    """
    queue = _queue(rig)
    _send(queue, "HHHHHHHHLLLLLLLLLLLL")
    _left_in_order(queue, "LLHLLHLLHLLHLLHLLHHH")


@claim()
def a_deficit_of_one_byte_is_enough(rig: Rig) -> None:
    """A bucket with a deficit of 1 byte may send a whole packet, and owes the rest.

    Quantum 1515, weight 1, packets of 1514: L has 1515, 1, -1513, then gets 1515: 2, -1512, then 3,
    and so on. H the same. So two of each at first, then one of each.
    """
    queue = _queue(rig, quantum_bytes=1515, non_hh_weight=1)
    _send(queue, "HHHHHLLLLL")
    _left_in_order(queue, "LLHHLHLHLH")


@claim()
def the_weight_is_that_of_the_light_bucket(rig: Rig) -> None:
    """With weight w and packets of one quantum w light packets leave for each heavy one."""
    for weight in (1, 2, 3, 5, 8):
        queue = _queue(rig, non_hh_weight=weight)
        _send(queue, "H" * 4 + "L" * 4 * weight)
        _left_in_order(queue, ("L" * weight + "H") * 4)


@claim()
def the_quantum_is_what_a_turn_adds(rig: Rig) -> None:
    """In a turn each bucket sends its quantum: 300, 600, 3000, 9000 bytes in packets of 100."""
    for quantum in (300, 600, 3000, 9000):
        queue, turn = _queue(rig, quantum_bytes=quantum, non_hh_weight=1), quantum // 100
        _send(queue, "H" * 2 * turn + "L" * 2 * turn, 100)
        _left_in_order(queue, ("L" * turn + "H" * turn) * 2)


@claim()
def the_rest_of_a_deficit_is_kept(rig: Rig) -> None:
    """What a turn leaves of a deficit, or owes, counts in the next turn.

    Quantum 1000, weight 2, packets of 700. L: 2000 1300 600 -100, then 2000 more: 1900 1200 500
    -200, then 1800 1100 400 -300, then 1700 1000 300 -400, and so on: 3 packets at a turn until
    1400 700 0: 2. H: 1000 300 -400, 600 -100, 900 200 -500, 500 -200, 800 100 -600, 400 -300,
    700 0: packets per turn 2 1 2 1 2 1 1.
    """
    queue = _queue(rig, quantum_bytes=1000)
    light, heavy = (3, 3, 3, 3, 3, 3, 2), (2, 1, 2, 1, 2, 1, 1)
    _send(queue, "H" * sum(heavy) + "L" * sum(light), 700)
    turns = ["L" * l_turn + "H" * h_turn for l_turn, h_turn in zip(light, heavy, strict=True)]
    _left_in_order(queue, "".join(turns))


@claim()
def bytes_are_shared_by_weight(rig: Rig) -> None:
    """While both wait, light and heavy bytes are as weight to 1, whatever sizes and quantum.

    After n turns a bucket has sent n * weight * quantum less its deficit, which is above minus the
    largest packet and at most weight * quantum; the numbers of turns differ by one at most. So
    light / weight and heavy differ by less than 2 quanta and one packet, at any time, here at most
    4542 of some 100000 bytes. Heavy packets are three times as long as light ones, on average, so
    if packets were counted it would show.
    """
    for weight, quantum in ((1, 1514), (2, 1514), (5, 1514), (2, 256)):
        queue = _queue(rig, non_hh_weight=weight, quantum_bytes=quantum, limit_packets=10_000)
        for number in range(100):
            queue.send(HEAVY, max(900, SIZES[number % 11]))
        for number in range(350 * weight):
            queue.send(LIGHT, SIZES[number % 11] // 2 + MIN_BYTES)
        light, heavy = _bytes_while_both_wait(queue.drain())
        within(f"light bytes / {weight} - heavy bytes, quantum {quantum}",
               light / weight - heavy, -2 * quantum - 1514, 2 * quantum + 1514)  # fmt: skip
        within("heavy bytes, so that a wrong share shows", heavy, 90_000, 120_000)


@claim()
def big_packets_are_paid_for_in_later_turns(rig: Rig) -> None:
    """A heavy packet of 9014 bytes is sent with any deficit above 0, and costs turns.

    Quantum 1514, weight 1, light packets of 1514. H: 1514, then -7500; each turn adds 1514: -5986
    -4472 -2958 -1444 70. So five turns pass without a packet of H, and one light packet leaves
    after each. Then H sends and has -8944, six turns: -7430 -5916 -4402 -2888 -1374 140.
    """
    queue = _queue(rig, mtu_bytes=9000, quantum_bytes=1514, non_hh_weight=1)
    for _ in range(3):
        queue.send(HEAVY, 9014)
    queue.send(LIGHT, 1514, 20)
    _left_in_order(queue, "LH" + "LLLLLH" + "LLLLLLH" + "L" * 8)


@claim()
def big_light_packets_are_paid_for_too(rig: Rig) -> None:
    """A light packet of 9014 bytes costs the light bucket turns in the same way.

    Quantum 1514, weight 2. L: 3028 -5986 at its first packet, then 3028 a turn: -2958 70: it sends
    at its third, -8944: then -5916 -2888 140, its fourth after that. H sends one packet a turn, and
    its first turn comes when L has gone behind it.
    """
    queue = _queue(rig, mtu_bytes=9000, quantum_bytes=1514)
    queue.send(HEAVY, 1514, 8)
    for _ in range(3):
        queue.send(LIGHT, 9014)
    _left_in_order(queue, "L" + "HH" + "L" + "HHH" + "L" + "HHH")


@claim()
def a_short_burst_of_an_idle_light_bucket_goes_first(rig: Rig) -> None:
    """Light packets that come while only heavy ones wait leave before them, but not without end.

    The light bucket, on no list, gets onto the new list with 2 * 1514 bytes: two packets. H has
    used up its turn with the packet before, so it gets another and goes behind the light bucket,
    which has two packets more; the fifth waits for one of H. It is so for the third burst too: the
    bucket has been idle, so it is new again.
    """
    queue = _queue(rig, drain_bps=PACED_BPS)
    _send(queue, "H" * 20)
    for burst, order in (("L", "LHHH"), ("LLLLL", "LLLLHLHH"), ("LLLLL", "LLLLHLHH")):
        _play(queue, 3, "HHH")
        _send(queue, burst)
        _play(queue, len(order), order)


@claim()
def a_light_bucket_goes_round_once_before_it_is_idle(rig: Rig) -> None:
    """A light bucket that runs empty waits for one turn of the heavy one before it is new again.

    Else a light flow that sends one packet after each that leaves would starve the heavy ones.
    Quantum 3 * 1514, weight 1. After its one packet the light bucket is empty: at the next dequeue
    it goes to the end of the old list. A light packet that comes then waits until H has had its
    three. With the deficit kept (4542 - 1514 = 3028, then 0) only two more leave before H again.
    """
    queue = _queue(rig, drain_bps=PACED_BPS, quantum_bytes=3 * 1514, non_hh_weight=1)
    _send(queue, "H" * 12 + "L")
    _play(queue, 2, "LH")
    _send(queue, "LLLLL")
    _play(queue, 14, "HHLLHHHLLLHHHH")


@claim()
def an_idle_light_bucket_is_removed(rig: Rig) -> None:
    """A light bucket that is still empty when its turn comes on the old list becomes new again.

    The control of the claim before: the same, but the light packet comes after H's turn, and leaves
    next, in the middle of H's second turn.
    """
    queue = _queue(rig, drain_bps=PACED_BPS, quantum_bytes=3 * 1514, non_hh_weight=1)
    _send(queue, "H" * 12 + "L")
    _play(queue, 5, "LHHHH")
    _send(queue, "LLLLL")
    _play(queue, 13, "LLLHHLLHHHHHH")


@claim()
def an_empty_light_bucket_is_removed_when_nothing_else_waits(rig: Rig) -> None:
    """A light bucket found empty while no bucket is on the old list is new with its next packet.

    tbf asks an empty hhf for more, so the bucket is found empty after its first packet. Of three
    light and three heavy packets that come then, two light ones leave first, then as ever. Control:
    HTB does not ask; the bucket stays where it is with 3028 - 1514, so H has its turn after one.
    """
    for parent, order in (("tbf", "LLHLHH"), ("htb", "LHLLHH")):
        queue = _queue(rig, parent=parent, hold_ms=1, drain_bps=PACED_BPS)
        _send(queue, "L")
        _play(queue, 1, "L")
        _send(queue, "LLLHHH")
        _left_in_order(queue, order)


@claim()
def a_heavy_bucket_waits_for_the_light_ones_turn(rig: Rig) -> None:
    """A heavy bucket that becomes active goes to the end of the old list, behind a light one there.

    Quantum 4 * 1514, weight 1. The light bucket has had its first turn of four and is in the middle
    of its second, on the old list, when the heavy packets come: they wait for its end.
    """
    queue = _queue(rig, drain_bps=PACED_BPS, quantum_bytes=4 * 1514, non_hh_weight=1)
    _send(queue, "L" * 14)
    _play(queue, 6, "LLLLLL")
    _send(queue, "HHHHH")
    _play(queue, 13, "LLHHHHLLLLHLL")


@claim()
def a_heavy_bucket_starts_with_one_quantum(rig: Rig) -> None:
    """A heavy bucket that was removed from the list starts anew, whatever it had or owed.

    Quantum 1000, weight 1, heavy packets of 1500: after one H owes 500, gets 1000, and is found
    empty with 500, and removed. When heavy packets of 500 come it may send 1000: two of them.
    """
    queue = _queue(rig, drain_bps=PACED_BPS, quantum_bytes=1000, non_hh_weight=1)
    queue.send(HEAVY, 1500)
    queue.send(LIGHT, 1000, 20)
    _play(queue, 6, "LHLLLL")
    queue.send(HEAVY, 500, 6)
    _left_in_order(queue, "HHLHHLHH" + "L" * 13)


@claim()
def debts_outlast_an_empty_queue(rig: Rig) -> None:
    """When the whole queue runs empty the buckets stay on their lists, with their deficits.

    A heavy packet of 9014 bytes leaves alone: quantum 1514, so H owes 7500; HTB does not ask an
    empty hhf, so H stays on the old list. Of what comes later L goes first, then H has its turn
    five times without a packet (-5986 -4472 -2958 -1444 70), a light packet after each. Control:
    had nothing left before, H would have had its first packet after one light packet.
    """
    for before, order in ((1, "LLLLLLHLHL"), (0, "LHLHLLLLLL")):
        queue = _queue(rig, hold_ms=20, mtu_bytes=9000, quantum_bytes=1514, non_hh_weight=1,
                       drain_bps=PACED_BPS)  # fmt: skip
        if before:
            queue.send(HEAVY, 9014)
            _play(queue, 1, "H")
        _send(queue, "HHLLLLLLLL")
        _left_in_order(queue, order)


@claim()
def a_change_of_weight_and_quantum_holds_from_the_next_turn(rig: Rig) -> None:
    """A new weight or quantum is what the next turn adds; deficits that were given stay.

    L and H have 3028 and 1514 when weight 1 and quantum 3028 come. L: two packets, 0, then 3028:
    two a turn. H: one packet of its 1514, then 3028: two a turn.
    """
    queue = _queue(rig)
    _send(queue, "HHHHHLLLLLL")
    must_change(queue, non_hh_weight=1, quantum_bytes=3028)
    _left_in_order(queue, "LLHLLHHLLHH")


@claim()
def lengths_are_those_of_the_size_table(rig: Rig) -> None:
    """All that hhf counts in bytes is qdisc_pkt_len, which a size table at the root may change.

    HTB adds 1000 bytes of overhead (``stab``) to each frame of 500. Quantum 3000, weight 1: two
    packets a turn, not six. The backlog is 1500 each, of hhf and of HTB, and so is what was sent.
    With admit_bytes 4500 the fourth packet is captured, not the tenth. A light packet of 1060 that
    pushes out a heavy one of 1500 leaves HTB's backlog the same as hhf's.
    """
    queue = _queue(rig, quantum_bytes=3000, non_hh_weight=1, limit_packets=12)
    rig.must(set_overhead(queue.index, 1000), "1000 bytes of overhead")
    _send(queue, "HHHHHHLLLLLL", 500)
    counts = queue.counts()
    equal("backlog", counts.backlog_bytes, 12 * 1500)
    queue.send(LIGHT, 60)
    counts = queue.counts()
    equal("backlog after a drop", counts.backlog_bytes, 11 * 1500 + 1060)
    equal("backlog of HTB", counts.parent_backlog_bytes, counts.backlog_bytes)
    _left_in_order(queue, "LLHHLLHHLLHL")
    equal("bytes sent", queue.counts().sent_bytes, 11 * 1500 + 1060)
    must_change(queue, admit_bytes=4500)
    rig.sleep_ms(100)  # the filter is reset with the next packet
    captured = []
    for _ in range(5):
        queue.send(3, 500)
        captured.append(queue.counts(quiet=True).hh_tot_count - counts.hh_tot_count)
    equal("flows captured after 1 to 5 packets", captured, [0, 0, 0, 1, 1])


@claim()
def in_each_bucket_first_come_is_first_served(rig: Rig) -> None:
    """Within a bucket packets leave in the order of arrival, across all its flows and sizes."""
    queue = rig.hhf(evict_timeout_us=FOREVER_US)
    make_heavy(queue, 1, 3, 5)
    heavy: list[int] = []
    light: list[int] = []
    for number in range(150):
        flow = number * 7 % 8
        (heavy if flow in (1, 3, 5) else light).extend(queue.send(flow, SIZES[number % 11]))
    left = [one for one in queue.drain() if one.number > 2]
    equal("heavy packets", [one.number for one in left if one.flow in (1, 3, 5)], heavy)
    equal("light packets", [one.number for one in left if one.flow not in (1, 3, 5)], light)


def _queue(rig: Rig, *, parent: str = "htb", **params: int) -> Queue:
    """An hhf in which ``HEAVY`` is the only heavy flow, for long."""
    queue = rig.hhf(parent=parent, **({"evict_timeout_us": FOREVER_US} | params))
    make_heavy(queue, HEAVY)
    return queue


def _send(queue: Queue, kinds: str, len_bytes: int = 1514) -> None:
    for kind in kinds:
        queue.send(HEAVY if kind == "H" else LIGHT, len_bytes)


def _kinds(left: list[Left]) -> str:
    return "".join("H" if one.flow == HEAVY else "L" for one in left)


def _play(queue: Queue, count: int, order: str) -> None:
    """Wait for ``count`` packets to leave, in this order; the next is most of a step away."""
    equal("order", _kinds(queue.wait_left(count)), order)


def _left_in_order(queue: Queue, order: str) -> None:
    equal("order", _kinds(queue.drain()), order)


def _bytes_while_both_wait(left: list[Left]) -> tuple[int, int]:
    """Bytes of light and of heavy packets, up to the last packet of the bucket that ends first."""
    last = {one.flow: place for place, one in enumerate(left)}
    both = left[: min(last.values()) + 1]
    light = sum(one.len_bytes for one in both if one.flow == LIGHT)
    return light, sum(one.len_bytes for one in both) - light
