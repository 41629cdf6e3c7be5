# SPDX-License-Identifier: GPL-2.0-or-later
"""What hhf is when nothing is asked for (``hhf_init``, net/sched/sch_hhf.c)."""

from typing import Final

from hhf_testbed.conform import netlink
from hhf_testbed.regress.claim import claim
from hhf_testbed.regress.expect import equal
from hhf_testbed.regress.queue import Queue
from hhf_testbed.regress.raw_requests import add_without_options
from hhf_testbed.regress.rig import HHF_ROOT, Rig

EINVAL: Final = 22
DEFAULTS: Final = {
    "limit_packets": 1000,
    "quantum_bytes": 1514,
    "hh_limit": 2048,
    "reset_timeout_us": 40_000,
    "admit_bytes": 131_072,
    "evict_timeout_us": 1_000_000,
    "non_hh_weight": 2,
}
HUGE_MTU: Final = 2_147_483_634


@claim()
def the_defaults_are_the_documented_ones(rig: Rig) -> None:
    """An hhf without parameters has the documented defaults.

    The quantum is the MTU of 1500 and the Ethernet header of 14. A tick of 100, 250 or 1000 Hz
    divides both time-outs, one of 300 Hz too: 12 and 300 ticks. So they read back as given.
    """
    seen = vars(rig.hhf().counts())
    equal("parameters", {name: seen[name] for name in DEFAULTS}, DEFAULTS)


@claim()
def hhf_needs_no_options(rig: Rig) -> None:
    """An hhf added by a message without TCA_OPTIONS has the defaults too, and packets pass it.

    All tools send TCA_OPTIONS, if only an empty one; hhf_init looks whether it is there.
    """
    index = rig.interface()
    rig.must(add_without_options(index, HHF_ROOT), f"interface {index}: add hhf without options")
    queue = Queue(rig.link, rig.diary, index, f"hhf{index}", HHF_ROOT, netlink.ROOT, 0)
    try:
        queue.send(1, 60, 3)
        seen = vars(queue.counts())
    finally:
        queue.close()
    equal("parameters", {name: seen[name] for name in DEFAULTS}, DEFAULTS)
    equal("packets sent", seen["sent_packets"], 3)


@claim()
def the_counts_begin_at_zero(rig: Rig) -> None:
    """A new hhf has sent, queued, dropped and admitted nothing."""
    seen = vars(rig.hhf().counts())
    counts = {name: value for name, value in seen.items() if name not in DEFAULTS}
    equal("counts", counts, dict.fromkeys(counts, 0))


@claim()
def the_quantum_follows_the_mtu(rig: Rig) -> None:
    """The default quantum is the MTU and 14: 1014, 9014."""
    for mtu_bytes in (1000, 9000):
        seen = rig.hhf(parent="root", mtu_bytes=mtu_bytes).counts()
        equal(f"quantum at MTU {mtu_bytes}", seen.quantum_bytes, mtu_bytes + 14)


@claim(needs="initial_quantum_clamped")
def a_tiny_mtu_gives_a_quantum_of_256(rig: Rig) -> None:
    """The default quantum is at least 256 bytes: at MTU 68 it is not 82; at 242 it is just 256."""
    for mtu_bytes, quantum_bytes in ((68, 256), (241, 256), (242, 256), (243, 257)):
        seen = rig.hhf(parent="root", mtu_bytes=mtu_bytes).counts()
        equal(f"quantum at MTU {mtu_bytes}", seen.quantum_bytes, quantum_bytes)


@claim(needs="initial_quantum_clamped")
def a_huge_mtu_gives_a_quantum_of_one_mebibyte(rig: Rig) -> None:
    """The default quantum is at most 1048576 bytes.

    A dummy interface takes an MTU of 2147483634. That and 14 is 2 ** 31, which as a signed deficit
    is negative: a bucket would never get its turn.
    """
    for mtu_bytes, quantum_bytes in ((HUGE_MTU, 1 << 20), ((1 << 20) - 14, 1 << 20),
                                     ((1 << 20) - 15, (1 << 20) - 1)):  # fmt: skip
        seen = rig.hhf(parent="root", mtu_bytes=mtu_bytes).counts()
        equal(f"quantum at MTU {mtu_bytes}", seen.quantum_bytes, quantum_bytes)


@claim()
def each_parameter_of_add_is_kept(rig: Rig) -> None:
    """Whatever ``tc qdisc add`` gives reads back as given, the others are the defaults.

    All but hh_limit, which has a claim of its own. 60 and 80 ms are whole ticks at 100, 250, 300
    and 1000 Hz.
    """
    for name, value in (
        ("limit_packets", 7), ("quantum_bytes", 3000), ("reset_timeout_us", 60_000),
        ("admit_bytes", 4242), ("evict_timeout_us", 80_000), ("non_hh_weight", 9),
    ):  # fmt: skip
        seen = vars(rig.hhf(parent="root", **{name: value}).counts())
        equal(f"with {name} {value}", {n: seen[n] for n in DEFAULTS}, DEFAULTS | {name: value})


@claim(needs="hh_limit_capped")
def hh_limit_of_add_is_kept(rig: Rig) -> None:
    """hh_limit given to ``tc qdisc add`` is in force, not overwritten by the default of 2048."""
    for hh_limit in (0, 1, 500, 2048):
        seen = rig.hhf(parent="root", hh_limit=hh_limit).counts()
        equal(f"hh_limit after add with {hh_limit}", seen.hh_limit, hh_limit)


@claim()
def a_refused_add_leaves_the_interface_as_it_was(rig: Rig) -> None:
    """``tc qdisc add`` with a product of quantum and weight above INT_MAX is EINVAL, and no more.

    2000000 * 10000000 > 2 ** 31. Kernels before 4.14 crashed here (32db864d33c2). After it hhf can
    be added to the same interface, and a packet passes.
    """
    index = rig.interface()
    params = {"quantum_bytes": 2_000_000, "non_hh_weight": 10_000_000}
    add = {"add": True, "handle": 0x80000, "parent": netlink.ROOT}
    message = netlink.set_hhf(index, params, **add)  # type: ignore[arg-type]
    for _ in range(3):
        equal("errno of the bad add", rig.ask(message, f"add hhf {params}"), EINVAL)
    errno, answers = rig.link.ask(netlink.get_qdisc(index, 0x80000))
    equal("qdisc 8: after it", (errno, answers), (2, []))
    rig.must(netlink.set_hhf(index, {}, **add), "add hhf without parameters")  # type: ignore[arg-type]


@claim()
def a_packet_never_bypasses_the_queue(rig: Rig) -> None:
    """hhf without a parent still sees each packet, though nothing waits (no TCQ_F_CAN_BYPASS).

    2 * 700 > 1000, so the second packet of a flow is that of a heavy hitter.
    """
    queue = rig.hhf(parent="root", admit_bytes=1000)
    queue.send(1, 700, 2)
    seen = queue.counts()
    equal("sent and heavy hitters", (seen.sent_packets, seen.hh_tot_count), (2, 1))
