# SPDX-License-Identifier: GPL-2.0-or-later
"""What the kernel tells of an hhf (``hhf_dump``, ``hhf_dump_stats``, uapi/linux/pkt_sched.h)."""

import struct
from typing import Final

from hhf_testbed.conform.netlink import attributes
from hhf_testbed.regress.claim import claim
from hhf_testbed.regress.expect import equal, within
from hhf_testbed.regress.rig import Rig

TCA_KIND, TCA_OPTIONS, TCA_STATS, TCA_XSTATS, TCA_STATS2 = 1, 2, 3, 4, 7
TCA_STATS_BASIC, TCA_STATS_QUEUE, TCA_STATS_APP = 1, 3, 4
NESTED: Final = 0x8000
PARAMS: Final = {
    "limit_packets": 0x01020304,
    "quantum_bytes": 0x00030201,
    "hh_limit": 0x00000701,
    "reset_timeout_us": 600_000,
    "admit_bytes": 0x0A0B0C0D,
    "evict_timeout_us": 1_200_000,
    "non_hh_weight": 0x00000102,
}
"""Each number unlike the others; the time-outs are whole ticks at 100, 250, 300 and 1000 Hz."""


@claim()
def options_are_seven_numbers_in_order(rig: Rig) -> None:
    """TCA_OPTIONS holds attributes 1 to 7, 32 bits each, with the values that are in force."""
    queue = rig.hhf()
    equal("errno", queue.change(**PARAMS), 0)
    options = list(attributes(queue.dump()[TCA_OPTIONS]))
    claimed = [(kind, struct.pack("=I", value)) for kind, value in enumerate(PARAMS.values(), 1)]
    equal("options", options, claimed)


@claim()
def options_are_not_marked_as_nested(rig: Rig) -> None:
    """TCA_OPTIONS comes without NLA_F_NESTED, as old programs expect (nla_nest_start_noflag)."""
    queue = rig.hhf()
    data, offset = queue.message()[36:], 0
    kinds = []
    while offset + 4 <= len(data):
        size, kind = struct.unpack_from("=HH", data, offset)
        kinds.append(kind)
        offset += max(4, size + 3 & ~3)
    equal("attribute types with NLA_F_NESTED", [kind for kind in kinds if kind == NESTED | 2], [])
    equal("plain TCA_OPTIONS", kinds.count(TCA_OPTIONS), 1)


@claim()
def the_kind_is_hhf(rig: Rig) -> None:
    """TCA_KIND is the string hhf."""
    equal("TCA_KIND", rig.hhf().dump()[TCA_KIND], b"hhf\0")


@claim()
def time_outs_round_up_to_ticks(rig: Rig) -> None:
    """A time-out reads back as whole ticks, rounded up: 1 us becomes one tick.

    70000 ticks do not fit into 16 bits. At 250 Hz 4000 us is one tick and 4001 us two
    (usecs_to_jiffies rounds up, jiffies_to_usecs of a whole number of ticks is exact to the
    microsecond below).
    """
    queue = rig.hhf()
    for name in ("reset_timeout_us", "evict_timeout_us"):
        for ticks in (1, 2, 10, 25, 70_000):
            below_us = (ticks - 1) * 10**6 // rig.hz + 1
            for value_us in (below_us, ticks * 10**6 // rig.hz):
                equal("errno", queue.change(**{name: value_us}), 0)
                seen_us = vars(queue.counts())[name]
                within(f"{name} after {value_us}", seen_us,
                       ticks * 10**6 // rig.hz, -(-ticks * 10**6 // rig.hz))  # fmt: skip


@claim()
def the_statistics_are_told_twice_alike(rig: Rig) -> None:
    """The four numbers of struct tc_hhf_xstats are 16 bytes, in TCA_XSTATS and in TCA_STATS_APP.

    drop_overlimit, hh_overlimit, hh_tot_count, hh_cur_count: here 3, 2, 4, 4. admit_bytes is 0, so
    each flow is heavy at once; of 6 flows hh_limit lets 4 in; 7 packets are sent to a limit of 4.
    """
    queue = rig.hhf(admit_bytes=0, limit_packets=4)
    equal("errno", queue.change(hh_limit=4), 0)
    for flow in (1, 2, 3, 4, 4, 5, 6):
        queue.send(flow, 100)
    dump = queue.dump()
    claimed = struct.pack("=IIII", 3, 2, 4, 4)
    equal("TCA_XSTATS", dump[TCA_XSTATS], claimed)
    equal("TCA_STATS_APP", dict(attributes(dump[TCA_STATS2]))[TCA_STATS_APP], claimed)


@claim()
def old_and_new_statistics_agree(rig: Rig) -> None:
    """TCA_STATS (bytes, packets, drops) says the same as TCA_STATS2.

    5 packets of 300 bytes to a limit of 3: two dropped, three leave.
    """
    queue = rig.hhf(limit_packets=3)
    queue.send(1, 300, 5)
    queue.drain()
    dump = queue.dump()
    stats = dict(attributes(dump[TCA_STATS2]))
    old = struct.unpack_from("=QIIIIIII", dump[TCA_STATS])
    equal("bytes, packets and drops of TCA_STATS", old[:3], (900, 3, 2))
    equal("qlen and backlog of TCA_STATS", old[6:8], (0, 0))
    equal("TCA_STATS_BASIC", struct.unpack_from("=QI", stats[TCA_STATS_BASIC]), (900, 3))
    equal("TCA_STATS_QUEUE", struct.unpack_from("=III", stats[TCA_STATS_QUEUE]), (0, 0, 2))


@claim()
def sent_counts_what_left_with_its_bytes(rig: Rig) -> None:
    """sent_packets and sent_bytes count each packet that left, its Ethernet header included."""
    queue = rig.hhf()
    for size in (60, 777, 1514):
        queue.send(1, size)
    before = queue.counts()
    equal("sent while all waits", (before.sent_packets, before.sent_bytes), (0, 0))
    equal("backlog", (before.qlen_packets, before.backlog_bytes), (3, 60 + 777 + 1514))
    queue.drain()
    after = queue.counts()
    equal("sent", (after.sent_packets, after.sent_bytes), (3, 60 + 777 + 1514))
    equal("backlog", (after.qlen_packets, after.backlog_bytes), (0, 0))
