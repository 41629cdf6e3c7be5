# SPDX-License-Identifier: GPL-2.0-or-later
"""Table T: which flows are remembered as heavy, where, and how many?

Where a claim says "leaves at the end", the quantum is 1 MiB and the weight 1: all that waits in the
light bucket leaves, then all in the heavy one. With admit_bytes 0 a packet of any flow that is not
in the table asks for an entry; with admit_bytes 4294967295 none does.
"""

from hhf_testbed.params import U32_MAX
from hhf_testbed.regress.claim import claim
from hhf_testbed.regress.expect import equal
from hhf_testbed.regress.frames import flow_frame
from hhf_testbed.regress.heavy import ALL_AT_ONCE, FOREVER_US, answer, make_heavy, must_change
from hhf_testbed.regress.queue import Queue
from hhf_testbed.regress.rig import Rig

HOLD_MS = 10_000
MOST_ENTRIES = 2048


@claim()
def a_flow_in_the_table_is_heavy_whatever_it_sends(rig: Rig) -> None:
    """Every packet of a flow in table T goes to the heavy bucket, and no packet of another flow.

    Flow 1 was captured, flow 2 was not; since then nothing can be captured. So what flow 1 sends
    leaves at the end.
    """
    queue = rig.hhf(parent="htb", **ALL_AT_ONCE)
    make_heavy(queue, 1)
    for _ in range(20):
        queue.send(1, 60)
        queue.send(2, 60)
    equal("flows, as they left", _flows_left(queue), [2] * 20 + [1] * 20)


@claim()
def flows_of_one_slot_are_told_apart(rig: Rig) -> None:
    """Of flows in one slot of table T those are heavy that were captured, and only those.

    Flows a, b and c have a chain in the slot (seek_list compares the whole hash); d has the same
    ten low bits, and was never captured.
    """
    queue = rig.hhf(parent="htb", **ALL_AT_ONCE)
    a, b, c, d = queue.flows_where(lambda hash_: hash_ & 1023 == 3, 4)
    make_heavy(queue, a, b, c)
    for flow in (c, d, a, d, b, d, b, a, c):
        queue.send(flow, 60)
    equal("flows, as they left", _flows_left(queue), [d, d, d, c, a, b, b, a, c])
    equal("heavy hitters", queue.counts().hh_cur_count, 3)


@claim()
def all_32_bits_of_the_hash_tell_flows_apart(rig: Rig) -> None:
    """A flow is not taken for another whose hash agrees in the low 24 bits, or in the outer 24.

    Of two flows of one slot the first is captured, the second, with hh_limit 1, refused. Among
    65536 flows some 128 pairs agree in 24 given bits; that there is none has probability e^-128.
    """
    for bits in (0x00FF_FFFF, 0xFFFC_03FF):
        queue = _held(rig)
        one, other = _agreeing(queue, bits)
        must_change(queue, hh_limit=1)
        equal("a flow", answer(queue, one), "captured")
        equal(f"one whose hash agrees in {bits:#x}", answer(queue, other), "refused")
        equal("the first again", answer(queue, one), "neither")


@claim()
def a_captured_flow_gets_an_entry_of_its_own(rig: Rig) -> None:
    """Each flow that is captured adds one to tot_hh and one to cur_hh; its later packets add none.

    alloc_new_hh makes an entry as no expired one is there. Four of the flows have one slot.
    """
    queue = _held(rig)
    flows = queue.flows_where(lambda hash_: hash_ & 1023 in (5, 6, 7, 8, 9), 330)
    for count, flow in enumerate(flows[:40], 1):
        equal(f"flow {count}", answer(queue, flow), "captured")
        equal(f"cur_hh after {count}", queue.counts(quiet=True).hh_cur_count, count)
    for flow in flows[:40]:
        equal("a known flow", answer(queue, flow), "neither")
    _table_counts(queue, tot=40, cur=40, overlimit=0)


@claim()
def the_ten_low_bits_of_the_hash_are_the_slot(rig: Rig) -> None:
    """Slot = hash & 1023: ten bits, each of which counts, and no other bit does.

    30 flows have the ten bits of slot 0 in common. When they have expired, a capture in the slot
    frees all of them but one, which it uses again. But first, for each of the ten bits, a flow
    whose hash differs in just that bit: its slot is empty, so cur_hh rises by one, to 40 in the
    end. Then the capture in slot 0: 40 - 29 = 11. A higher bit that counted would part the 30
    flows, unless all agree in it: 22 bits, 2^-29 each.
    """
    queue = _held(rig, evict_timeout_us=20_000)
    rig.to_mid_tick()
    for flow in _in_slot(queue, 0)[:30]:
        equal("a flow in slot 0", answer(queue, flow), "captured")
    equal("cur_hh", queue.counts().hh_cur_count, 30)
    rig.sleep_ms(200)
    for bit in range(10):
        flow = _in_slot(queue, 1 << bit)[0]
        equal(f"a flow in slot {1 << bit}", answer(queue, flow), "captured")
        equal("cur_hh", queue.counts().hh_cur_count, 31 + bit)
    equal("another flow in slot 0", answer(queue, _in_slot(queue, 0)[30]), "captured")
    equal("cur_hh with one entry left in slot 0", queue.counts().hh_cur_count, 11)


@claim()
def hh_limit_is_how_many_flows_are_captured(rig: Rig) -> None:
    """With hh_limit n exactly n flows get into the table; hh_overlimit counts refused packets.

    alloc_new_hh refuses when cur_hh >= hh_limit. The flow that is refused asks again with its next
    packet: hh_overlimit counts packets, not flows. Known flows are not refused.
    """
    for most in (0, 1, 3):
        queue = _held(rig)
        must_change(queue, hh_limit=most)
        for flow in range(most):
            equal(f"flow {flow} with hh_limit {most}", answer(queue, flow), "captured")
        for _ in range(3):
            equal(f"one more with hh_limit {most}", answer(queue, 77), "refused")
        for flow in range(most):
            equal("a known flow", answer(queue, flow), "neither")
        _table_counts(queue, tot=most, cur=most, overlimit=3)


@claim()
def a_refused_flow_is_captured_when_the_limit_allows_it(rig: Rig) -> None:
    """A flow that the table had no room for is captured once hh_limit is raised."""
    queue = _held(rig)
    must_change(queue, hh_limit=1)
    equal("flow 1", answer(queue, 1), "captured")
    equal("flow 2", answer(queue, 2), "refused")
    must_change(queue, hh_limit=2)
    equal("flow 2 with hh_limit 2", answer(queue, 2), "captured")
    equal("flow 3 with hh_limit 2", answer(queue, 3), "refused")


@claim()
def a_refused_flow_passes_as_light(rig: Rig) -> None:
    """What the table has no room for goes to the light bucket; with hh_limit 0 that is everything.

    Flow 1 is in the table; flow 2 is refused with each packet. What flow 1 sends leaves at the end.
    """
    queue = rig.hhf(parent="htb", admit_bytes=0, **ALL_AT_ONCE)
    must_change(queue, hh_limit=1)
    for _ in range(10):
        queue.send(1, 60)
        queue.send(2, 60)
    equal("hh_overlimit", queue.counts().hh_overlimit, 10)
    equal("flows, as they left", _flows_left(queue), [2] * 10 + [1] * 10)


@claim()
def a_refused_packet_is_not_counted_in_the_filter(rig: Rig) -> None:
    """A packet that should have been captured does not raise the filter's counters if refused.

    admit_bytes is 2000 and the table full. 1514 bytes are counted; 1514 more would be 3028 > 2000:
    refused, and hhf_classify returns before it updates the counters. So 60 bytes after that make
    1574 <= 2000, which asks for nothing. (Counted, it would be 3088 > 2000: refused as well.)
    """
    queue = _held(rig, admit_bytes=2000, reset_timeout_us=FOREVER_US)
    must_change(queue, hh_limit=0)
    queue.send(1, 1514)
    equal("hh_overlimit after 1514 bytes", queue.counts().hh_overlimit, 0)
    queue.send(1, 1514)
    equal("hh_overlimit after 3028 bytes", queue.counts().hh_overlimit, 1)
    equal("60 bytes more", answer(queue, 1), "neither")


@claim()
def lowering_hh_limit_forgets_nobody(rig: Rig) -> None:
    """Flows in the table stay in it when hh_limit becomes less than their number.

    hhf_change only stores the limit; alloc_new_hh looks at it when a flow is to be added.
    """
    queue = _held(rig)
    for flow in range(5):
        equal(f"flow {flow}", answer(queue, flow), "captured")
    must_change(queue, hh_limit=2)
    for flow in range(5):
        equal(f"flow {flow} with hh_limit 2", answer(queue, flow), "neither")
    equal("flow 5 with hh_limit 2", answer(queue, 5), "refused")
    _table_counts(queue, tot=5, cur=5, overlimit=1)


@claim()
def an_expired_entry_is_used_again(rig: Rig) -> None:
    """A flow captured in a slot whose last entry has expired takes that entry over.

    So tot_hh rises and cur_hh does not; and since no entry is added, hh_limit is not asked, even
    when cur_hh >= hh_limit. Negative control: in any other slot hh_limit does refuse.
    """
    queue = _held(rig, evict_timeout_us=20_000)
    first, second = _in_slot(queue, 12)[:2]
    elsewhere = _in_slot(queue, 13)[0]
    equal("the first flow", answer(queue, first), "captured")
    for limit in (1, 0):
        rig.sleep_ms(200)
        must_change(queue, hh_limit=limit)
        equal("a flow in another slot", answer(queue, elsewhere), "refused")
        equal("a flow in the slot", answer(queue, second), "captured")
        equal("the same again", answer(queue, second), "neither")
        first, second = second, first
    _table_counts(queue, tot=3, cur=1, overlimit=2)


@claim()
def an_entry_used_again_belongs_to_the_new_flow(rig: Rig) -> None:
    """A flow that takes over an entry is known from then on; the flow that had it is not."""
    queue = _held(rig, evict_timeout_us=200_000)
    old, new = _in_slot(queue, 20)[:2]
    equal("the old flow", answer(queue, old), "captured")
    rig.sleep_ms(300)
    equal("the new flow", answer(queue, new), "captured")
    must_change(queue, hh_limit=0)
    equal("the new flow again", answer(queue, new), "neither")
    equal("the old flow again", answer(queue, old), "refused")
    equal("the new flow once more", answer(queue, new), "neither")


@claim()
def only_an_expired_entry_is_used_again(rig: Rig) -> None:
    """A capture takes over the entry that has expired, and no other in the slot.

    Entries a, then b; a is hit again after half of evict_timeout, b is not. When b has expired, it
    is the last of its slot, so seek_list keeps it, and c takes it over. a stays known.
    """
    queue = _held(rig, evict_timeout_us=400_000)
    a, b, c = _in_slot(queue, 30)[:3]
    equal("a", answer(queue, a), "captured")
    equal("b", answer(queue, b), "captured")
    rig.sleep_ms(300)
    equal("a again", answer(queue, a), "neither")
    rig.sleep_ms(200)
    equal("c", answer(queue, c), "captured")
    equal("cur_hh", queue.counts().hh_cur_count, 2)
    must_change(queue, hh_limit=0)
    equal("a", answer(queue, a), "neither")
    equal("c", answer(queue, c), "neither")
    equal("b", answer(queue, b), "refused")
    _table_counts(queue, tot=3, cur=2, overlimit=1)


@claim()
def a_slot_whose_entries_are_all_in_use_gets_one_more(rig: Rig) -> None:
    """A flow captured in a slot of entries that have not expired gets a new one, up to hh_limit.

    The negative control of the claims about entries that are used again.
    """
    queue = _held(rig)
    flows = _in_slot(queue, 40)[:9]
    must_change(queue, hh_limit=8)
    for flow in flows[:8]:
        equal("a flow in the slot", answer(queue, flow), "captured")
    equal("the ninth", answer(queue, flows[8]), "refused")
    for flow in flows[:8]:
        equal("a known flow", answer(queue, flow), "neither")
    _table_counts(queue, tot=8, cur=8, overlimit=1)


@claim()
def the_table_takes_2048_flows(rig: Rig) -> None:
    """By default exactly 2048 flows are captured (hh_flows_limit = 2 * HH_FLOWS_CNT).

    2100 flows send one packet each: 2048 get an entry, 52 packets are refused. That two of them
    have one hash, and the first claim fails for it, has probability 2100^2 / 2 / 2^32 = 0.0005; so
    the flows are chosen by their hash.
    """
    queue = rig.hhf(parent="htb", hold_ms=1, admit_bytes=0, evict_timeout_us=FOREVER_US)
    for flow in queue.distinct_flows(2100):
        queue.wire.send(flow_frame(flow, 60))
    _table_counts(queue, tot=MOST_ENTRIES, cur=MOST_ENTRIES, overlimit=2100 - MOST_ENTRIES)


def _held(rig: Rig, **params: int) -> Queue:
    """An hhf that lets nothing out, in which each flow asks for an entry."""
    known = {"admit_bytes": 0, "evict_timeout_us": FOREVER_US, "limit_packets": U32_MAX}
    return rig.hhf(parent="htb", hold_ms=HOLD_MS, **(known | params))


def _in_slot(queue: Queue, slot: int) -> list[int]:
    """Flows of which table T has the entry in this slot."""
    return [flow for flow, hash_ in enumerate(queue.hashes(1 << 16)) if hash_ & 1023 == slot]


def _agreeing(queue: Queue, bits: int) -> tuple[int, int]:
    """Two flows of which the hashes agree in these bits, but not in all."""
    first: dict[int, tuple[int, int]] = {}
    for flow, hash_ in enumerate(queue.hashes(1 << 16)):
        one, its_hash = first.setdefault(hash_ & bits, (flow, hash_))
        if its_hash != hash_:
            return one, flow
    raise AssertionError(f"no two flows agree in {bits:#x}")


def _flows_left(queue: Queue) -> list[int]:
    return [one.flow for one in queue.drain()]


def _table_counts(queue: Queue, *, tot: int, cur: int, overlimit: int) -> None:
    counts = queue.counts()
    equal("tot_hh", counts.hh_tot_count, tot)
    equal("cur_hh", counts.hh_cur_count, cur)
    equal("hh_overlimit", counts.hh_overlimit, overlimit)
