# SPDX-License-Identifier: GPL-2.0-or-later
"""Is everything given back when a packet, a heavy hitter or a qdisc goes?

Each claim does the same again and again and looks at the memory that the kernel has for itself.
What is lost each time adds up; ``SLACK_KIB`` is for what caches keep, and each docstring tells how
much more than that the smallest leak would be.
"""

from collections.abc import Callable
from errno import ENOENT
from pathlib import Path
from typing import Final

from hhf_testbed.conform.netlink import ROOT, set_hhf
from hhf_testbed.regress.claim import claim
from hhf_testbed.regress.commands import Commands
from hhf_testbed.regress.expect import equal, within
from hhf_testbed.regress.queue import Queue
from hhf_testbed.regress.rig import HHF_ROOT, Rig

SLACK_KIB: Final = 40
TRIES: Final = 4
RED_ZONE: Final = Path("/sys/kernel/slab/kmalloc-4k/red_zone")
FOREVER_US: Final = 10**9


@claim()
def deleting_gives_back_the_tables(rig: Rig) -> None:
    """A qdisc that is deleted gives back the memory of its tables.

    hhf_init allocates 1024 list heads of 16 bytes, 4 arrays of 1024 counters of 4 bytes and 4
    bitmaps of 128 bytes. The least of these, one bitmap, would be 512 * 128 bytes = 64 KiB.
    """
    queue = rig.hhf(parent="root")
    add = set_hhf(queue.index, {}, add=True, handle=queue.handle, parent=queue.parent)

    def one_round() -> None:
        queue.delete()
        rig.must(add, "add hhf again")

    _grows_little(rig, one_round, rounds=512)


@claim()
def deleting_gives_back_heavy_hitters(rig: Rig) -> None:
    """A qdisc that is deleted gives back what it remembers of heavy hitters.

    With admit_bytes 0 each flow is heavy with its first packet, and has 32 bytes in table T:
    400 flows 10 times are 125 KiB. That ten pairs of flows share a hash will not be seen.
    """

    def one_round() -> None:
        queue = rig.hhf(parent="root", admit_bytes=0, evict_timeout_us=FOREVER_US)
        _one_packet_each(queue, 400)
        within("heavy hitters", queue.counts(quiet=True).hh_cur_count, 390, 400)
        queue.delete()
        rig.forget(queue)

    _grows_little(rig, one_round, rounds=10)


@claim()
def deleting_gives_back_the_first_and_the_last_slot(rig: Rig) -> None:
    """Heavy hitters in the first and in the last slot of table T are given back, too.

    Of 65536 flows some 64 are in a slot (40 to 90): 64 * 32 bytes 40 times are 80 KiB for each.
    """

    def one_round() -> None:
        queue = rig.hhf(admit_bytes=0, evict_timeout_us=FOREVER_US)
        for flow in queue.flows_where(lambda hash_: hash_ & 1023 in (0, 1023), 200):
            queue.send(flow, 60)
        rig.forget(queue)

    _grows_little(rig, one_round, rounds=40)


@claim()
def an_hhf_takes_34_kib(rig: Rig) -> None:
    """An hhf takes 32.5 KiB for its tables and up to 4 KiB for itself, and no more.

    1024 list heads of 16 bytes, 4 * 1024 counters of 4 bytes, and 4 bitmaps of 128 bytes are 33280
    bytes. 50 are added to interfaces that were there before; the slack of 40 KiB is 0.8 for each.
    Where the kernel checks its memory (SLUB_DEBUG_ON) each piece of 4 or 16 KiB takes the next
    larger room, and some more: 84 KiB were seen.
    """
    most_kib = 100.0 if RED_ZONE.exists() and RED_ZONE.read_text() == "1\n" else 36.5
    indices = [rig.interface() for _ in range(60)]
    adds = [set_hhf(index, {}, add=True, handle=HHF_ROOT, parent=ROOT) for index in indices]
    for add in adds[:10]:
        rig.must(add, "add hhf")
    before_kib = _kernel_memory_kib(rig)
    for add in adds[10:]:
        rig.must(add, "add hhf")
    each_kib = (_kernel_memory_kib(rig) - before_kib) / 50
    within("KiB that each hhf takes", each_kib, 32.5 - SLACK_KIB / 50, most_kib + SLACK_KIB / 50)


@claim()
def eviction_gives_back_heavy_hitters(rig: Rig) -> None:
    """A heavy hitter that is evicted is freed.

    Of 40 in one slot of table T all but the last are freed by a walk through the slot after
    evict_timeout: 39 * 32 bytes 100 times are 122 KiB.
    """
    queue = rig.hhf(admit_bytes=0, evict_timeout_us=10_000, drain_bps=10**10, limit_packets=10)
    flows = queue.flows_where(lambda hash_: hash_ & 1023 == 7, 40)

    def one_round() -> None:
        for flow in flows:
            queue.send(flow, 60)
        rig.sleep_ms(60)
        queue.left()

    _grows_little(rig, one_round, rounds=100)


@claim()
def link_down_gives_back_packets_and_heavy_hitters(rig: Rig) -> None:
    """``ip link set down`` frees what was queued and what was remembered.

    200 packets of 1514 bytes each time, some 2.5 KiB with what the kernel keeps about each: 5 MiB
    in 10 times. 200 heavy hitters of 32 bytes: 62 KiB.
    """

    def one_round() -> None:
        queue = rig.hhf(admit_bytes=0, evict_timeout_us=FOREVER_US)
        _one_packet_each(queue, 200, 1514)
        queue.link(up=False)
        rig.forget(queue)

    _grows_little(rig, one_round, rounds=10)


@claim()
def deleting_gives_back_packets(rig: Rig) -> None:
    """A qdisc that is deleted with packets in both buckets frees them.

    100 packets of each bucket, 20 times; each some 2.5 KiB: 5 MiB per bucket.
    """

    def one_round() -> None:
        queue = rig.hhf(admit_bytes=1000)
        for flow in range(100):
            queue.send(flow, 900)
            queue.send(1000 + flow, 1514)
        equal("packets queued", queue.counts(quiet=True).qlen_packets, 200)
        rig.forget(queue)

    _grows_little(rig, one_round, rounds=20)


@claim()
def dropped_packets_are_freed(rig: Rig) -> None:
    """A packet dropped because the queue is full is freed, a heavy hitter's and another's alike.

    2000 drops of each kind; each packet some 2.5 KiB: 5 MiB.
    """
    light = rig.hhf(limit_packets=5, admit_bytes=10**9, hold_ms=10_000)
    heavy = rig.hhf(limit_packets=5, admit_bytes=0, hold_ms=10_000)
    for queue in (light, heavy):
        _grows_little(rig, lambda queue=queue: _drop(queue, 200), rounds=10)  # type: ignore[misc]
        within("drops", queue.counts().drop_overlimit, 2000, 1e9)


@claim()
def trimmed_packets_are_freed(rig: Rig) -> None:
    """Packets trimmed by ``tc qdisc change limit 1`` are freed.

    99 packets 20 times; each some 2.5 KiB: 5 MiB.
    """
    queue = rig.hhf(limit_packets=100, hold_ms=10_000)

    def one_round() -> None:
        equal("change", queue.change(limit_packets=100), 0)
        queue.send(1, 1514, 99)
        equal("change", queue.change(limit_packets=1), 0)

    _grows_little(rig, one_round, rounds=20)


@claim(alone=True)
def the_module_can_be_taken_out(rig: Rig) -> None:
    """When no hhf is left the module can be removed; then there is no hhf to add, and no crash.

    In a guest of its own, because hhf does not come back. ENOENT is 2: qdisc_create knows no hhf.
    """
    rig.forget(rig.hhf())
    rig.sleep_ms(100)
    Commands(rig).must("rmmod sch_hhf")
    equal("errno of add", rig.add_errno(), ENOENT)


def _drop(queue: Queue, count: int) -> None:
    """Send to a queue that is full but for its first packets."""
    for flow in range(count):
        queue.send(flow, 1514)


def _one_packet_each(queue: Queue, flows: int, len_bytes: int = 60) -> None:
    for flow in range(flows):
        queue.send(flow, len_bytes)


def _grows_little(rig: Rig, one_round: Callable[[], None], rounds: int) -> None:
    """Claim that doing it again and again takes no more memory. Some rounds warm up first.

    Caches grow too (from 6.18 on those of slab, by some 200 KiB), but not for ever: it is a leak if
    memory has grown each of ``TRIES`` times.
    """
    for _ in range(1 + rounds // 10):
        one_round()
    grown_kib: list[int] = []
    while len(grown_kib) < TRIES:
        before_kib = _kernel_memory_kib(rig)
        for _ in range(rounds):
            one_round()
        grown_kib.append(_kernel_memory_kib(rig) - before_kib)
        rig.diary.note(f"kernel memory grew by {grown_kib[-1]} KiB")
        if grown_kib[-1] <= SLACK_KIB:
            return
    within(f"growth of kernel memory in KiB in {rounds} rounds", min(grown_kib), -1e9, SLACK_KIB)


def _kernel_memory_kib(rig: Rig) -> int:
    """Return what the kernel has allocated for itself and cannot reclaim (meminfo_proc_show)."""
    rig.sleep_ms(100)  # RCU frees late
    lines = Path("/proc/meminfo").read_text().splitlines()
    values = dict(line.split(":") for line in lines)
    return sum(int(values[name].split()[0]) for name in ("SUnreclaim", "VmallocUsed"))
