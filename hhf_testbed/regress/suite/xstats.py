# SPDX-License-Identifier: GPL-2.0-or-later
"""The four numbers of ``struct tc_hhf_xstats``: what each counts, and how far.

Each claim makes one number rise and looks at all four. To count beyond 16 bits takes 70000 packets
or flows; packets come as super-packets that tbf cuts into frames of 16 bytes of payload, 4000 from
one system call.
"""

from errno import ENOBUFS
from types import SimpleNamespace
from typing import Final

from hhf_testbed.conform import netlink
from hhf_testbed.params import U32_MAX
from hhf_testbed.regress.claim import claim
from hhf_testbed.regress.expect import equal, true
from hhf_testbed.regress.frames import flow_frame
from hhf_testbed.regress.heavy import FOREVER_US, must_change
from hhf_testbed.regress.queue import Queue
from hhf_testbed.regress.rig import Rig
from hhf_testbed.regress.super_wire import SuperWire

MANY: Final = 72_000
GSO_SIZE, FRAMES = 16, 4_000
SLOW_BPS: Final = 1000
CHANGES: Final = {
    "quantum_bytes": 2000,
    "reset_timeout_us": 80_000,
    "admit_bytes": U32_MAX,
    "evict_timeout_us": FOREVER_US,
    "non_hh_weight": 3,
    "hh_limit": 2047,
    "limit_packets": 999,
}


@claim()
def drop_overlimit_counts_overflows_alone(rig: Rig) -> None:
    """drop_overlimit counts each packet that found the queue full, 71999 here, and nothing else.

    limit is 1, so that of 72000 light packets all but one push one out. The control, with a limit
    of 100000, drops none.
    """
    for limit, drops in ((1, MANY - 1), (100_000, 0)):
        queue = _flood(rig, limit_packets=limit, admit_bytes=U32_MAX)
        _four(queue.counts(), (drops, 0, 0, 0))
        equal("drops of any kind", queue.counts().drops, drops)


@claim()
def hh_overlimit_counts_refused_packets_alone(rig: Rig) -> None:
    """hh_overlimit counts each packet that found no place in table T, 72000 here.

    hh_limit and admit_bytes are 0, so that each packet would make its flow heavy and none may.
    The control, with a threshold that no flow reaches, counts none.
    """
    for admit_bytes, refused in ((0, MANY), (U32_MAX, 0)):
        queue = _flood(rig, limit_packets=100_000, admit_bytes=admit_bytes)
        _four(queue.counts(), (0, refused, 0, 0))


@claim()
def hh_tot_count_counts_captures_beyond_16_bits(rig: Rig) -> None:
    """hh_tot_count counts each capture, 33 * 2000 = 66000 here; hh_cur_count those remembered.

    evict_timeout is 20 ms, so that the same 2000 flows are captured again every 60 ms. To send them
    takes less than 3 ms. The first packet that comes to a slot evicts all but its last entry and
    takes that one over, the others get new ones, so it is 2000 that are remembered.
    """
    queue = rig.hhf(hold_ms=1, drain_bps=10**10, admit_bytes=0, evict_timeout_us=20_000,
                    limit_packets=U32_MAX)  # fmt: skip
    frames = [bytes(flow_frame(flow, 60)) for flow in queue.distinct_flows(2000)]
    for round_ in range(33):
        for frame in frames:
            queue.wire.send(frame)
        rig.sleep_ms(60)
        if round_ == 0:
            _four(queue.counts(), (0, 0, 2000, 2000))
    _four(queue.counts(), (0, 0, 66_000, 2000))


@claim()
def hh_cur_count_goes_up_and_down(rig: Rig) -> None:
    """hh_cur_count rises with each captured flow and falls with each one that is evicted.

    Eight flows of one slot of table T are captured; when their time is up a packet of a light flow
    of that slot evicts all but the last. The other three numbers do not fall.
    """
    queue = rig.hhf(admit_bytes=0, evict_timeout_us=50_000)
    flows = queue.flows_where(lambda hash_: hash_ & 1023 == 5, 9)
    for number, flow in enumerate(flows[:8], 1):
        queue.send(flow, 60)
        _four(queue.counts(), (0, 0, number, number))
    must_change(queue, admit_bytes=U32_MAX)
    rig.sleep_ms(200)
    _four(queue.counts(), (0, 0, 8, 8))
    queue.send(flows[8], 60)
    _four(queue.counts(), (0, 0, 8, 1))


@claim()
def a_change_resets_no_number(rig: Rig) -> None:
    """``tc qdisc change`` of any parameter, or of none, leaves the four numbers as they are."""
    queue = _all_four(rig)
    before = queue.counts()
    equal("errno", queue.change(), 0)
    _same(queue.counts(), before)
    for name, value in CHANGES.items():
        must_change(queue, **{name: value})
        _same(queue.counts(), before)


@claim()
def draining_resets_no_number(rig: Rig) -> None:
    """When all packets have left the four numbers are what they were."""
    queue = _all_four(rig)
    before = queue.counts()
    queue.drain()
    _same(queue.counts(), before)


@claim(needs="reset_forgets_flows")
def link_down_resets_only_hh_cur_count(rig: Rig) -> None:
    """Link down and up leaves three numbers as they are; hh_cur_count becomes 0."""
    queue = _all_four(rig)
    before = queue.counts()
    for up in (False, True):
        queue.link(up=up)
        after = queue.counts()
        equal("hh_cur_count", after.hh_cur_count, 0)
        after.hh_cur_count = before.hh_cur_count
        _same(after, before)


@claim()
def a_new_hhf_starts_from_zero(rig: Rig) -> None:
    """After ``tc qdisc del`` and ``add`` all four numbers are 0, and count again from there."""
    for _ in range(3):
        queue = _all_four(rig)
        equal("errno of delete", queue.delete(), 0)
        add = netlink.set_hhf(
            queue.index, {"admit_bytes": 0}, add=True, handle=queue.handle, parent=queue.parent
        )
        rig.must(add, "add hhf again")
        _four(queue.counts(), (0, 0, 0, 0))
        queue.send(1, 60)
        _four(queue.counts(), (0, 0, 1, 1))


def _flood(rig: Rig, **params: int) -> Queue:
    """An hhf with an hh_limit of 0, to which ``MANY`` frames of one flow have come.

    None of them leaves, since a frame before them, that was not counted, used up tbf's burst. If
    hhf answers NET_XMIT_CN to all frames of a super-packet, tbf says that it was dropped: ENOBUFS.
    """
    queue = rig.hhf(parent="tbf", drain_bps=SLOW_BPS)
    queue.send(0, 1514)
    must_change(queue, hh_limit=0, **params)
    wire = SuperWire(queue.name)
    try:
        errors = wire.send(1, FRAMES * GSO_SIZE, GSO_SIZE, MANY // FRAMES)
        true("sending is answered with no error or ENOBUFS", errors <= {0, ENOBUFS}, errors)
    finally:
        wire.close()
    return queue


def _all_four(rig: Rig) -> Queue:
    """An hhf of which the four numbers are 2, 3, 4 and 4.

    hh_limit 4, limit 9, admit_bytes 0: of seven flows the last three are refused; 11 packets.
    """
    queue = rig.hhf(admit_bytes=0, limit_packets=9, evict_timeout_us=FOREVER_US)
    must_change(queue, hh_limit=4)
    for flow in (1, 1, 2, 2, 3, 3, 4, 4, 5, 6, 7):
        queue.send(flow, 60)
    _four(queue.counts(), (2, 3, 4, 4))
    return queue


def _numbers(seen: SimpleNamespace) -> tuple[int, int, int, int]:
    return seen.drop_overlimit, seen.hh_overlimit, seen.hh_tot_count, seen.hh_cur_count


def _four(seen: SimpleNamespace, claimed: tuple[int, int, int, int]) -> None:
    equal("drop_overlimit, hh_overlimit, hh_tot_count, hh_cur_count", _numbers(seen), claimed)


def _same(seen: SimpleNamespace, before: SimpleNamespace) -> None:
    _four(seen, _numbers(before))
