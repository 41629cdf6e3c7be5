# SPDX-License-Identifier: GPL-2.0-or-later
"""What ``ip link set down`` and ``up`` do to hhf (``hhf_reset``)."""

from functools import partial

from hhf_testbed.regress.claim import claim
from hhf_testbed.regress.crowd import crowd_of
from hhf_testbed.regress.expect import equal
from hhf_testbed.regress.heavy import answer
from hhf_testbed.regress.rig import Rig

HEAVY, LIGHT, OTHER, NEW = 1, 2, 3, 4
LONG_US = 10**9


@claim()
def link_down_empties_both_buckets(rig: Rig) -> None:
    """Nothing waits after link down, for hhf or its parent, and nothing of it leaves later."""
    queue = rig.hhf(admit_bytes=1000)
    queue.send(HEAVY, 1001, 5)
    queue.send(LIGHT, 500, 5)
    queue.link(up=False)
    seen = queue.counts()
    equal("hhf", (seen.qlen_packets, seen.backlog_bytes), (0, 0))
    equal("parent", (seen.parent_qlen_packets, seen.parent_backlog_bytes), (0, 0))
    queue.link(up=True)
    rig.sleep_ms(1000)
    equal("packets that left", queue.left(), [])


@claim()
def packets_lost_at_link_down_count_as_sent(rig: Rig) -> None:
    """What link down throws away is counted as sent, not as dropped.

    hhf_reset takes packets out by hhf_dequeue, which counts. Surprising, and so in every kernel.
    """
    queue = rig.hhf()
    queue.send(LIGHT, 500, 5)
    queue.link(up=False)
    seen = queue.counts()
    equal("sent", (seen.sent_packets, seen.sent_bytes), (5, 2500))
    equal("drops", (seen.drops, seen.drop_overlimit), (0, 0))


@claim(needs="reset_forgets_flows")
def link_down_forgets_heavy_hitters(rig: Rig) -> None:
    """After link down and up a heavy hitter is a flow like any other, until it is caught again.

    1001 > 1000 makes each packet of 1001 bytes heavy at once, one of 500 bytes only in a flow that
    is known already. Known, it waits behind light packets; forgotten, it goes in its turn.
    """
    queue = rig.hhf(admit_bytes=1000, evict_timeout_us=LONG_US, drain_bps=10**6)
    queue.send(HEAVY, 1001)
    equal("heavy hitters", queue.counts().hh_cur_count, 1)
    queue.link(up=False)
    equal("heavy hitters after link down", queue.counts().hh_cur_count, 0)
    queue.link(up=True)
    queue.send(OTHER, 1514)  # this one leaves at once, and keeps the class busy for 12 ms
    known = queue.send(HEAVY, 500)
    light = queue.send(LIGHT, 60)
    rig.sleep_ms(100)
    order = [one.number for one in queue.drain()][-2:]
    equal("order in which the two leave", order, [*known, *light])
    equal("heavy hitters at the end", queue.counts().hh_tot_count, 2)


@claim(needs="reset_forgets_flows")
def link_down_forgets_what_was_counted(rig: Rig) -> None:
    """Bytes counted before link down do not count after it.

    60 + 60 frames of 1000 bytes within one reset interval are more than 100000 bytes, 60 are not.
    The negative control has the same packets without link down.
    """
    for down, admitted in ((True, 0), (False, 1)):
        queue = rig.hhf(admit_bytes=100_000, reset_timeout_us=LONG_US)
        queue.send(HEAVY, 1000, 60)
        if down:
            queue.link(up=False)
            queue.link(up=True)
        queue.send(HEAVY, 1000, 60)
        equal(f"heavy hitters, {down=}", queue.counts().hh_tot_count, admitted)


@claim(needs="reset_forgets_flows")
def link_down_forgets_every_slot_of_table_t(rig: Rig) -> None:
    """Every heavy hitter is forgotten: in the first and last slot, first and last of its slot.

    admit_bytes is 0, so a flow that is not known is captured, and hh_tot_count rises.
    """
    queue = rig.hhf(admit_bytes=0, evict_timeout_us=LONG_US)
    flows = [
        flow for slot in (0, 1, 512, 1023) for flow in queue.flows_where(partial(_in_slot, slot), 3)
    ]
    for claimed in ("captured", "neither"):
        equal("answers before", {answer(queue, flow) for flow in flows}, {claimed})
    queue.link(up=False)
    queue.link(up=True)
    equal("answers after link down and up", [answer(queue, flow) for flow in flows],
          ["captured"] * len(flows))  # fmt: skip


@claim(needs="reset_forgets_flows")
def link_down_clears_each_array(rig: Rig) -> None:
    """Each of the four arrays of filter F is cleared, not only those that decided before.

    A flow sends 1000 bytes. After link down three others, each of which shares one counter with it
    and no other, send 1000 too, so that the only counter of it that may be low is the fourth. Its
    60 bytes more make 1060 > 1050 if that one was not cleared. The control is without link down.
    """
    queue = rig.hhf(admit_bytes=1 << 30, reset_timeout_us=LONG_US, evict_timeout_us=LONG_US)
    crowd = crowd_of(queue)
    for down, admitted in ((True, 0), (False, 1)):
        for array in range(4):
            queue.link(up=False)
            queue.link(up=True)
            equal("errno", queue.change(admit_bytes=1050), 0)
            queue.send(crowd.light, 1000)
            if down:
                queue.link(up=False)
                queue.link(up=True)
            for other in set(range(4)) - {array}:
                queue.send(crowd.sharing[other][0], 1000)
            before = queue.counts(quiet=True).hh_tot_count
            queue.send(crowd.light, 60)
            equal(f"heavy hitters more, array {array}, {down=}",
                  queue.counts().hh_tot_count - before, admitted)  # fmt: skip


@claim(needs="reset_forgets_flows")
def an_interval_of_the_filter_begins_with_link_down(rig: Rig) -> None:
    """reset_timeout counts from link down: what is sent after it is cleared that much later.

    The time-out is 1 s. Link down at 0.6 s, 60 kB at 0.7 s, 60 kB at 1.3 s, when the interval that
    began with the qdisc is over and that of link down is not: 120000 > 100000. The control is
    without link down: the packet at 1.3 s finds the counters cleared.
    """
    for down, admitted in ((True, 1), (False, 0)):
        queue = rig.hhf(admit_bytes=100_000, reset_timeout_us=10**6, drain_bps=10**10)
        rig.sleep_ms(600)
        if down:
            queue.link(up=False)
            queue.link(up=True)
        rig.sleep_ms(100)
        queue.send(HEAVY, 1000, 60)
        rig.sleep_ms(600)
        queue.send(HEAVY, 1000, 60)
        equal(f"heavy hitters, {down=}", queue.counts().hh_tot_count, admitted)


@claim()
def link_down_keeps_totals_and_parameters(rig: Rig) -> None:
    """hh_tot_count, hh_overlimit, drop_overlimit and all parameters survive link down and up.

    Three flows, two places in table T, four packets for three places in the queue.
    """
    queue = rig.hhf(admit_bytes=0, limit_packets=3)
    equal("errno", queue.change(hh_limit=2, quantum_bytes=700, non_hh_weight=5), 0)
    for flow in (1, 2, 3, 2):
        queue.send(flow, 100)
    before = queue.counts()
    equal("totals", (before.hh_tot_count, before.hh_overlimit, before.drop_overlimit), (2, 1, 1))
    queue.link(up=False)
    queue.link(up=True)
    after = queue.counts()
    for name in ("hh_tot_count", "hh_overlimit", "drop_overlimit", "drops", "limit_packets",
                 "quantum_bytes", "hh_limit", "admit_bytes", "non_hh_weight"):  # fmt: skip
        equal(name, vars(after)[name], vars(before)[name])


@claim()
def after_link_up_the_scheduler_is_as_new(rig: Rig) -> None:
    """After link down with both buckets full and link up, light packets go before heavy ones again.

    Neither bucket may still be on a list, nor owe anything: 3 light packets of 1000 bytes fit into
    the first deficit of 2 * 1514 (1000, 2000, 3000), then heavy and light take turns.
    """
    queue = rig.hhf(admit_bytes=1000, drain_bps=10**6)
    for flow, size in ((HEAVY, 1514), (LIGHT, 900), (HEAVY, 1514), (LIGHT, 60)):
        queue.send(flow, size)
    queue.link(up=False)
    queue.link(up=True)
    queue.send(OTHER, 60)  # one packet may leave whatever the class owes (htb_reset)
    heavy = queue.send(HEAVY, 1514, 2)
    light = queue.send(NEW, 100, 3)
    rig.sleep_ms(200)
    order = [one.number for one in queue.drain()][1:]
    equal("order of leaving", order, [*light, *heavy])


def _in_slot(slot: int, hash_: int) -> bool:
    return hash_ & 1023 == slot
