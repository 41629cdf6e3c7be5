# SPDX-License-Identifier: GPL-2.0-or-later
"""When does table T forget a heavy flow, and which entries are freed?

An entry has expired when now > hit_timestamp + evict_timeout, in ticks, so the first tick in which
it has is evict_timeout + 1 after the last packet. With admit_bytes 0 a packet tells whether its
flow is known: if not, it is captured and tot_hh rises. Every claim that counts ticks stays in the
middle of them.
"""

from typing import Final

from hhf_testbed.params import U32_MAX
from hhf_testbed.regress.claim import claim
from hhf_testbed.regress.expect import equal
from hhf_testbed.regress.heavy import ALL_AT_ONCE, answer, must_change
from hhf_testbed.regress.queue import Queue
from hhf_testbed.regress.rig import Rig

TICKS: Final = 10
US_PER_S: Final = 10**6
HOLD_MS: Final = 10_000


@claim()
def an_entry_lives_for_evict_timeout_and_the_tick_it_ends_in(rig: Rig) -> None:
    """A flow is known evict_timeout ticks after its capture, and no longer one tick later.

    The comparison is strict (hhf_time_before in seek_list). One hhf for each time that is tried, as
    a packet that is known sets the clock back.
    """
    for ticks in (1, 2, TICKS):
        for waited in (ticks - 1, ticks, ticks + 1, ticks + 2):
            queue = _through(rig, ticks)
            rig.to_mid_tick()
            equal("the first packet", answer(queue, 1), "captured")
            if waited:
                rig.to_mid_tick(waited)
            expected = "neither" if waited <= ticks else "captured"
            equal(f"{waited} ticks later, evict_timeout {ticks}", answer(queue, 1), expected)


@claim()
def each_packet_of_a_known_flow_sets_the_clock_back(rig: Rig) -> None:
    """A flow that sends a packet every evict_timeout ticks is known for ever.

    hhf_classify sets hit_timestamp with each packet of a known flow. 20 times evict_timeout pass.
    """
    queue = _through(rig, TICKS)
    rig.to_mid_tick()
    equal("the first packet", answer(queue, 1), "captured")
    for number in range(20):
        rig.to_mid_tick(TICKS)
        equal(f"packet {number + 2}", answer(queue, 1), "neither")
    rig.to_mid_tick(TICKS + 1)
    equal("a packet one tick too late", answer(queue, 1), "captured")


@claim()
def timeout_0_ends_with_the_tick(rig: Rig) -> None:
    """With evict_timeout 0 a flow is known in the tick of its last packet, and not in the next."""
    queue = _through(rig, 0)
    for number in range(3):
        rig.to_mid_tick()
        equal(f"a packet in tick {number}", answer(queue, 1), "captured")
        equal("another in the same tick", answer(queue, 1), "neither")
    equal("heavy hitters", queue.counts().hh_cur_count, 1)


@claim()
def one_microsecond_is_one_tick(rig: Rig) -> None:
    """An evict_timeout of 1 us is rounded up to one tick (usecs_to_jiffies), not down to none."""
    queue = rig.hhf(parent="root", admit_bytes=0, evict_timeout_us=1)
    rig.to_mid_tick()
    equal("the first packet", answer(queue, 1), "captured")
    rig.to_mid_tick()
    equal("a packet in the next tick", answer(queue, 1), "neither")
    rig.to_mid_tick(2)
    equal("a packet two ticks later", answer(queue, 1), "captured")


@claim()
def a_timeout_of_many_minutes_is_kept(rig: Rig) -> None:
    """With evict_timeout 1431 s a flow is known after 1430 s, and not after 1432 s.

    That is more than 2^30 us. (From 1431.65 s on, at 300 Hz, and from some ms below 2^32 us, at
    other rates, usecs_to_jiffies takes a time for too long and answers MAX_JIFFY_OFFSET, of which
    hhf keeps the low 32 bits: 2 ticks before now.)
    """
    for waited_s, expected in ((1430, "neither"), (1432, "captured")):
        queue = rig.hhf(parent="root", admit_bytes=0, evict_timeout_us=1431 * US_PER_S)
        equal("the first packet", answer(queue, 1), "captured")
        rig.sleep_ms(waited_s * 1000)
        equal(f"a packet {waited_s} s later", answer(queue, 1), expected)


@claim()
def a_new_timeout_holds_for_old_entries(rig: Rig) -> None:
    """A change of evict_timeout decides at once about entries that are there already.

    An entry holds the time of its last packet (hit_timestamp), not the time of its end.
    """
    queue = _through(rig, 100)
    rig.to_mid_tick()
    equal("the first packet", answer(queue, 1), "captured")
    rig.to_mid_tick(50)
    must_change(queue, evict_timeout_us=_us(rig, 50))
    equal("a packet after 50 ticks, evict_timeout now 50", answer(queue, 1), "neither")
    rig.to_mid_tick(50)
    must_change(queue, evict_timeout_us=_us(rig, 49))
    equal("a packet after 50 ticks, evict_timeout now 49", answer(queue, 1), "captured")
    must_change(queue, evict_timeout_us=_us(rig, 500))
    rig.to_mid_tick(400)
    equal("a packet after 400 ticks, evict_timeout now 500", answer(queue, 1), "neither")


@claim()
def the_last_entry_of_a_slot_is_kept(rig: Rig) -> None:
    """cur_hh counts the last entry of a slot for ever, however long ago it expired.

    seek_list keeps an expired entry that is the last of its slot, for the next capture there. So
    neither light packets of the flow itself nor of another flow of the slot make cur_hh 0.
    """
    queue = _held(rig)
    one, other = _in_slot(queue, 1)[:2]
    equal("one flow", answer(queue, one), "captured")
    must_change(queue, admit_bytes=U32_MAX)
    for _ in range(3):
        rig.to_mid_tick(5 * TICKS)
        for flow in (one, other):
            queue.send(flow, 60)
            equal("cur_hh", queue.counts().hh_cur_count, 1)


@claim()
def expired_entries_are_freed_by_any_packet_of_their_slot(rig: Rig) -> None:
    """A light packet frees all expired entries of its slot but the last, and no other slot's.

    Four entries in slot 1, three in slot 2, all expired: cur_hh 7. A packet of a fifth flow of slot
    1 makes it 4, one of slot 2 makes it 2. A packet of slot 3, before, changes nothing.
    """
    queue = _held(rig)
    first, second = _in_slot(queue, 1), _in_slot(queue, 2)
    for flow in first[:4] + second[:3]:
        equal("a flow", answer(queue, flow), "captured")
    must_change(queue, admit_bytes=U32_MAX)
    rig.to_mid_tick(TICKS + 2)
    seen = []
    for flow in (_in_slot(queue, 3)[0], first[4], first[4], second[3], first[4]):
        queue.send(flow, 60)
        seen.append(queue.counts().hh_cur_count)
    equal("cur_hh after packets of slots 3, 1, 1, 2, 1", seen, [7, 4, 4, 2, 2])


@claim()
def entries_that_have_not_expired_are_not_freed(rig: Rig) -> None:
    """A walk through a slot frees nothing that is still known: the control of the claim before."""
    queue = _held(rig)
    flows = _in_slot(queue, 1)
    rig.to_mid_tick()
    for flow in flows[:4]:
        equal("a flow", answer(queue, flow), "captured")
    must_change(queue, admit_bytes=U32_MAX)
    rig.to_mid_tick(TICKS)
    queue.send(flows[4], 60)
    equal("cur_hh, evict_timeout not yet over", queue.counts().hh_cur_count, 4)
    rig.to_mid_tick()
    queue.send(flows[4], 60)
    equal("cur_hh, evict_timeout over", queue.counts().hh_cur_count, 1)


@claim()
def entries_stay_in_the_order_of_capture(rig: Rig) -> None:
    """The last entry of a slot is that of the flow captured last.

    alloc_new_hh adds at the tail. Of two entries one expires and the other does not: if it is the
    older one, a packet of the slot frees it (cur_hh 1); if it is the younger one, it is the last of
    the slot and kept (cur_hh 2).
    """
    for still_known, left in ((1, 1), (0, 2)):
        queue = _held(rig)
        *two, third = _in_slot(queue, 1)[:3]
        for flow in two:
            equal("a flow", answer(queue, flow), "captured")
        rig.to_mid_tick(TICKS // 2)
        equal("one of them", answer(queue, two[still_known]), "neither")
        must_change(queue, admit_bytes=U32_MAX)
        rig.to_mid_tick(TICKS // 2 + 2)
        queue.send(third, 60)
        equal("cur_hh", queue.counts().hh_cur_count, left)


@claim()
def an_expired_entry_between_others_is_freed_alone(rig: Rig) -> None:
    """Freeing an entry in the middle of a chain leaves those before and behind it known.

    Entries a, b, c, d; b and c expire. A packet of e frees both: cur_hh 2, and a and d are known.
    """
    queue = _held(rig)
    a, b, c, d, e = _in_slot(queue, 1)[:5]
    for flow in (a, b, c, d):
        equal("a flow", answer(queue, flow), "captured")
    rig.to_mid_tick(TICKS // 2)
    for flow in (a, d):
        equal("a known flow", answer(queue, flow), "neither")
    must_change(queue, hh_limit=0)
    rig.to_mid_tick(TICKS // 2 + 2)
    equal("e, which has no entry", answer(queue, e), "refused")
    equal("cur_hh", queue.counts().hh_cur_count, 2)
    for flow, said in ((a, "neither"), (d, "neither"), (b, "refused"), (c, "refused")):
        equal("a flow of the slot", answer(queue, flow), said)


@claim()
def the_walk_ends_at_the_flow_it_looks_for(rig: Rig) -> None:
    """A packet of a known flow frees the expired entries before its own, not those behind it.

    Entries a, b, c, d of one slot; b and d are hit again, a and c expire. A packet of b frees a
    only (cur_hh 3); one of d frees c (cur_hh 2).
    """
    queue = _held(rig)
    a, b, c, d = _in_slot(queue, 1)[:4]
    for flow in (a, b, c, d):
        equal("a flow", answer(queue, flow), "captured")
    rig.to_mid_tick(TICKS // 2)
    for flow in (b, d):
        equal("a known flow", answer(queue, flow), "neither")
    rig.to_mid_tick(TICKS // 2 + 2)
    for flow, left in ((b, 3), (d, 2)):
        equal("a known flow", answer(queue, flow), "neither")
        equal("cur_hh", queue.counts().hh_cur_count, left)


@claim()
def an_expired_flow_is_not_known_even_if_its_entry_is_there(rig: Rig) -> None:
    """The packet of an expired flow is light, whether its entry is freed or kept for the slot.

    seek_list looks at the time before it looks at the hash. Entries a and b of one slot expire; the
    packet of a finds a's entry and frees it, that of b finds b's, the last. Both are light since
    nothing is captured any more: they leave before the packet of flow c, which was hit again.
    """
    queue = _held(rig, hold_ms=2000, **ALL_AT_ONCE)
    (a, b), c = _in_slot(queue, 1)[:2], _in_slot(queue, 2)[0]
    for flow in (a, b, c):
        equal("a flow", answer(queue, flow), "captured")
    must_change(queue, admit_bytes=U32_MAX)
    rig.to_mid_tick(TICKS)
    queue.send(c, 60)
    rig.to_mid_tick(2)
    first = queue.send(c, 60)[0]
    for flow in (a, b):
        queue.send(flow, 60)
    left = [one.flow for one in queue.drain()]
    equal("flows, as they left", left, [a, b, a, b, c, c, c])
    equal("packets before", first, 4)


@claim()
def an_entry_is_used_again_from_the_tick_in_which_it_expires(rig: Rig) -> None:
    """A capture takes an entry over evict_timeout + 1 ticks after its last packet, not before.

    alloc_new_hh compares as strictly as seek_list: after evict_timeout ticks the flow is still
    known, so another of its slot gets an entry of its own (cur_hh 2); one tick later it takes over
    the one that is there (cur_hh 1).
    """
    for waited, entries in ((TICKS, 2), (TICKS + 1, 1)):
        queue = _held(rig)
        one, other = _in_slot(queue, 1)[:2]
        rig.to_mid_tick()
        equal("one flow", answer(queue, one), "captured")
        rig.to_mid_tick(waited)
        equal("the other", answer(queue, other), "captured")
        equal(f"cur_hh, {waited} ticks later", queue.counts().hh_cur_count, entries)


@claim()
def what_was_freed_makes_room(rig: Rig) -> None:
    """Entries that were freed no longer count against hh_limit.

    alloc_new_hh compares hh_limit with cur_hh, not with tot_hh. Four flows of slot 1 fill a table
    of four; a flow of slot 2 is refused. When they have expired, a capture in slot 1 frees three
    and takes the fourth over: room for three flows of other slots, and no more.
    """
    queue = _held(rig)
    must_change(queue, hh_limit=4)
    flows = _in_slot(queue, 1)
    others = [_in_slot(queue, slot)[0] for slot in (2, 3, 4, 5)]
    for flow in flows[:4]:
        equal("a flow of slot 1", answer(queue, flow), "captured")
    equal("a flow of slot 2", answer(queue, others[0]), "refused")
    rig.to_mid_tick(TICKS + 2)
    equal("another flow of slot 1", answer(queue, flows[4]), "captured")
    said = [answer(queue, flow) for flow in others]
    equal("flows of slots 2 to 5", said, ["captured", "captured", "captured", "refused"])


@claim()
def a_returning_flow_must_earn_admission_again(rig: Rig) -> None:
    """A flow whose entry has expired is light until it has sent admit_bytes again.

    admit_bytes is 4542 = 3 * 1514, so with counters at 0 the fourth packet is captured, both times:
    reset_timeout is one tick, so the filter is cleared with the first packet after the pause. While
    the flow is known its packets do not count (hhf_classify returns before the filter).
    """
    queue = rig.hhf(parent="root", admit_bytes=3 * 1514, evict_timeout_us=_us(rig, TICKS),
                    reset_timeout_us=1)  # fmt: skip
    for spell in (1, 2, 3):
        rig.to_mid_tick(TICKS + 2)
        queue.send(1, 1514, 3)
        equal("tot_hh after 3 packets", queue.counts().hh_tot_count, spell - 1)
        queue.send(1, 1514, 5)
        equal("tot_hh after 8 packets", queue.counts().hh_tot_count, spell)
        equal("cur_hh", queue.counts().hh_cur_count, 1)


@claim()
def idle_slots_keep_their_entries(rig: Rig) -> None:
    """Entries of slots that get no packet stay, expired or not: cur_hh is no count of live flows.

    30 flows of 30 slots expire while another flow is busy: cur_hh stays 31. When they send again
    each takes its own entry over: tot_hh rises, cur_hh does not.
    """
    queue = _held(rig)
    by_slot = {hash_ & 1023: flow for flow, hash_ in enumerate(queue.hashes(1 << 16))}
    flows = [by_slot[slot] for slot in range(31)]
    for flow in flows:
        equal("a flow", answer(queue, flow), "captured")
    for _ in range(10):
        rig.to_mid_tick(TICKS)
        equal("the busy flow", answer(queue, flows[0]), "neither")
        equal("cur_hh", queue.counts().hh_cur_count, 31)
    for flow in flows[1:]:
        equal("a flow that was idle", answer(queue, flow), "captured")
    equal("cur_hh", queue.counts().hh_cur_count, 31)


def _us(rig: Rig, ticks: int) -> int:
    """So many ticks, which the kernel rounds up: 3333 us are one tick of 300 Hz."""
    return ticks * US_PER_S // rig.hz


def _through(rig: Rig, ticks: int) -> Queue:
    """An hhf through which all goes at once, in which each flow asks for an entry."""
    return rig.hhf(parent="root", admit_bytes=0, evict_timeout_us=_us(rig, ticks))


def _held(rig: Rig, *, hold_ms: int = HOLD_MS, **params: int) -> Queue:
    """An hhf of which the hash is known, in which each flow asks for an entry, just in mid tick."""
    usual = {"hold_ms": hold_ms, "admit_bytes": 0, "evict_timeout_us": _us(rig, TICKS)}
    queue = rig.hhf(parent="htb", **(usual | params))
    rig.to_mid_tick()
    return queue


def _in_slot(queue: Queue, slot: int) -> list[int]:
    """Flows of which table T has the entry in this slot."""
    return [flow for flow, hash_ in enumerate(queue.hashes(1 << 16)) if hash_ & 1023 == slot]
