# SPDX-License-Identifier: GPL-2.0-or-later
"""Bugs that were found in other ways, by the commands that showed them.

Most known fixes have a claim among those about what they mended. Here are the reproducers that need
more than that: another qdisc in hhf's place, a size table, an interface of enormous MTU.
"""

from typing import Final

from hhf_testbed.conform import netlink
from hhf_testbed.regress.claim import claim
from hhf_testbed.regress.commands import Commands
from hhf_testbed.regress.expect import equal, one_of
from hhf_testbed.regress.heavy import FOREVER_US, make_heavy, must_change
from hhf_testbed.regress.queue import Queue
from hhf_testbed.regress.raw_requests import add_without_options, with_size_table
from hhf_testbed.regress.rig import HHF_ROOT, Rig

EINVAL, EOPNOTSUPP = 22, 95
SLOT, SIZE_LOG = 32_768, 15
HUGE_MTU: Final = 2_147_483_634
INT_MAX: Final = 2**31 - 1
TABLE_BYTES: Final = SLOT << SIZE_LOG
CLAMPED_BYTES: Final = 1 << 20
HEAVY, LIGHT = 1, 2
BELOW_TBF, TBF_CLASS = 0x30000, 0x20001
HANG_S: Final = 6.0
"""Of wall time; where the kernel hangs in these claims, waiting longer does not help."""


@claim(needs="peeked_trimmed", wall_s=HANG_S)
def a_limit_that_goes_to_0_and_back_below_tbf_never_hangs(rig: Rig) -> None:
    """The limit may go from 1 to 0 and back as often as one likes while tbf has peeked.

    Without 2d3cbfd6d54a hhf_change looks for the packet that tbf has set aside where it is not, for
    ever and with the lock held: a soft lockup. Between the changes come packets of both buckets.
    """
    queue = rig.hhf(parent="tbf", drain_bps=8_000, limit_packets=1, evict_timeout_us=FOREVER_US)
    make_heavy(queue, HEAVY)
    queue.send(LIGHT, 1514)
    for _ in range(20):
        for flow in (HEAVY, LIGHT):
            queue.send(flow, 60)
            equal("packets that wait", queue.counts().qlen_packets, 1)
            for limit in (0, 1):
                must_change(queue, limit_packets=limit)
                equal(f"packets that wait at limit {limit}", queue.counts().qlen_packets, 0)


@claim(needs="peeked_trimmed", wall_s=HANG_S)
def tbf_has_no_backlog_when_another_qdisc_takes_the_place_of_hhf(rig: Rig) -> None:
    """tbf has a backlog of 0b 0p when hhf was emptied by limit 0 and replaced by sfq.

    Without 2d3cbfd6d54a the change hangs. Without 52bf272636bd (CVE-2025-39677) the packet that tbf
    has peeked at is gone but its bytes stay, in hhf and in tbf; seen on 6.12.107, both are right
    again when hhf is replaced, as its backlog is then taken off tbf's. Of two pings of 74 bytes the
    first leaves, for the burst is 100 bytes; the second waits.
    """
    commands, index = Commands(rig), rig.interface()
    name = f"hhf{index}"
    commands.must(
        f"ip addr add 10.10.11.10/24 dev {name}",
        f"tc qdisc add dev {name} handle 2: root tbf rate 8bit burst 100b latency 1ms",
        f"tc qdisc replace dev {name} handle 3: parent 2:1 hhf limit 1000",
    )
    commands.exits(f"ping -n -I {name} -c2 -s32 10.10.11.11", 1)
    commands.shows(f"tc -s qdisc show dev {name}", "backlog 74b 1p", times=2)
    zero = netlink.set_hhf(
        index, {"limit_packets": 0}, add=False, handle=BELOW_TBF, parent=TBF_CLASS
    )
    rig.must(zero, "change hhf limit 0")
    commands.must(f"tc qdisc replace dev {name} handle 4: parent 2:1 sfq")
    commands.shows(f"tc -s qdisc show dev {name}", "backlog 0b 0p", times=2)


@claim(needs="quantum_floor", wall_s=HANG_S)
def quantum_1_with_a_huge_size_table_does_not_hang(rig: Rig) -> None:
    """Quantum 1 and packets that a size table makes 2^30 bytes long do not keep dequeue for long.

    Each turn pays for a quantum only. Without eb56a495f59b (CVE-2026-98011) that is 1 byte: 2^30
    turns with the root lock held, for one packet. With it, it is 256 bytes. The table has one
    number, 32768, for all lengths, shifted left by 15.
    """
    queue = _with_table(rig, quantum_bytes=1, non_hh_weight=1)
    try:
        equal("quantum", queue.counts().quantum_bytes, 256)
        equal("errno", queue.change(quantum_bytes=1), 0)
        equal("quantum", queue.counts().quantum_bytes, 256)
        queue.send(LIGHT, 60, 3)
        equal("packets that left", len(queue.drain()), 3)
    finally:
        queue.close()


@claim()
def a_size_table_makes_packets_no_longer_than_it_says(rig: Rig) -> None:
    """hhf counts a packet with the length that a size table gives it: 2^30 bytes, or 1 MiB.

    The kernel limits such lengths to QDISC_PKT_LEN_MAX, 1 MiB, since 2026; older ones do not. The
    filter counts the same, so that the packet is heavy by itself at one byte less.
    """
    for less in (0, 1):
        queue = _with_table(rig, admit_bytes=CLAMPED_BYTES - less)
        try:
            queue.send(LIGHT, 60)
            seen = queue.counts()
            one_of("bytes sent", seen.sent_bytes, (TABLE_BYTES, CLAMPED_BYTES))
            heavy = seen.sent_bytes > CLAMPED_BYTES - less
            equal(f"heavy hitters, {less=}", seen.hh_tot_count, int(heavy))
        finally:
            queue.close()


@claim()
def a_size_table_below_a_class_does_no_harm(rig: Rig) -> None:
    """hhf with a size table below a class is refused, or packets pass it all the same.

    Since 3cb7cf1540dd (CVE-2024-50039) a table is for the root only: it makes a packet longer
    between the moments when the parents add it and subtract it.
    """
    queue = rig.hhf()
    equal("errno of delete", queue.delete(), 0)
    place = {"handle": netlink.LEAF, "parent": netlink.CLASS}
    message = netlink.set_hhf(queue.index, {}, add=True, **place)
    errno = rig.ask(
        with_size_table(message, SLOT, SIZE_LOG), "add hhf with a size table below the class"
    )
    one_of("errno", errno, (0, EINVAL, EOPNOTSUPP))
    if errno:
        rig.must(message, "add hhf without")
    queue.send(LIGHT, 60, 3)
    equal("packets that left", len(queue.drain()), 3)


@claim(needs="initial_quantum_clamped", wall_s=HANG_S)
def packets_pass_an_interface_of_enormous_mtu(rig: Rig) -> None:
    """On an interface with an MTU of 2147483634 packets pass an hhf that has only defaults.

    That and 14 is 2^31, and twice that, for the weight of 2, is 0 in 32 bits: dequeue would add 0
    to a deficit of 0 for ever (2164b512b97b). So that hhf_change does not see the product, there is
    no TCA_OPTIONS.
    """
    index = rig.interface(mtu_bytes=HUGE_MTU)
    rig.must(
        add_without_options(index, HHF_ROOT), f"interface {index}: add hhf without TCA_OPTIONS"
    )
    queue = Queue(rig.link, rig.diary, index, f"hhf{index}", HHF_ROOT, netlink.ROOT, 0)
    try:
        queue.send(LIGHT, 60, 3)
        equal("packets that left", len(queue.drain()), 3)
    finally:
        queue.close()


@claim()
def a_huge_quantum_keeps_heavy_packets_waiting(rig: Rig) -> None:
    """With quantum 2147483647 and weight 1 heavy packets wait as long as light ones are there.

    It is no bug that is mended: the product is what is allowed, INT_MAX, and a light bucket that
    may send 2 GiB in a turn does. 500 light packets leave before a heavy one that came first. The
    control, with the default quantum and weight 1: one light packet does.
    """
    for params, before in (({"quantum_bytes": INT_MAX}, 500), ({}, 1)):
        queue = rig.hhf(parent="htb", non_hh_weight=1, evict_timeout_us=FOREVER_US, **params)
        make_heavy(queue, HEAVY)
        must_change(queue, reset_timeout_us=FOREVER_US)
        queue.send(HEAVY, 1514)
        for flow in range(10, 510):
            queue.send(flow, 1514)
        order = [one.flow for one in queue.drain()]
        equal(f"light packets before the heavy one, {params}", order.index(HEAVY), before)


def _with_table(rig: Rig, **params: int) -> Queue:
    """An hhf as the root, with a size table that gives all packets ``TABLE_BYTES``."""
    index = rig.interface()
    message = netlink.set_hhf(index, params, add=True, handle=HHF_ROOT, parent=netlink.ROOT)
    rig.must(
        with_size_table(message, SLOT, SIZE_LOG),
        f"interface {index}: add hhf {params} with a size table",
    )
    return Queue(rig.link, rig.diary, index, f"hhf{index}", HHF_ROOT, netlink.ROOT, 0)
