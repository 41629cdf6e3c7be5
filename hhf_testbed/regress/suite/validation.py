# SPDX-License-Identifier: GPL-2.0-or-later
"""What hhf refuses, with which errno, and that refusing changes nothing (``hhf_change``)."""

import struct
from typing import Final

from hhf_testbed.conform import netlink
from hhf_testbed.model.settings import NAMES
from hhf_testbed.regress.claim import claim
from hhf_testbed.regress.expect import equal, one_of
from hhf_testbed.regress.queue import Queue
from hhf_testbed.regress.rig import Rig

EINVAL, EOPNOTSUPP, ERANGE, ENOENT = 22, 95, 34, 2
INT_MAX: Final = 2**31 - 1
ATTRIBUTES: Final = range(1, 8)


@claim(needs="zero_quantum_refused")
def a_weight_of_zero_is_refused(rig: Rig) -> None:
    """non_hh_weight 0 is EINVAL, for change and for add: with it dequeue would never end.

    tc cannot send it; d4d6ec6dac07 came after syzbot did.
    """
    queue = rig.hhf()
    _refused(queue, EINVAL, non_hh_weight=0)
    _refused(queue, EINVAL, non_hh_weight=0, quantum_bytes=1000)
    equal("errno of add", rig.add_errno(non_hh_weight=0), EINVAL)
    _still_works(queue)


@claim(needs="quantum_floor")
def a_small_quantum_becomes_256(rig: Rig) -> None:
    """A quantum from 0 to 255 becomes 256; 256 and more stay (eb56a495f59b)."""
    queue = rig.hhf()
    for quantum_bytes in (0, 1, 255, 256, 257):
        equal(f"errno of quantum {quantum_bytes}", queue.change(quantum_bytes=quantum_bytes), 0)
        equal("quantum", queue.counts().quantum_bytes, max(256, quantum_bytes))
    equal("quantum of add", rig.hhf(parent="root", quantum_bytes=3).counts().quantum_bytes, 256)
    _still_works(queue)


@claim(needs="zero_quantum_refused")
def a_quantum_of_zero_never_hangs(rig: Rig) -> None:
    """Quantum 0 is EINVAL or becomes 256, and packets leave after it."""
    queue = rig.hhf()
    one_of("errno of quantum 0", queue.change(quantum_bytes=0), (0, EINVAL))
    one_of("quantum after it", queue.counts().quantum_bytes, (256, 1514))
    _still_works(queue)


@claim()
def quantum_times_weight_may_be_int_max(rig: Rig) -> None:
    """The product of quantum and weight may be 2147483647 and no more, whichever is given last.

    2147483647 is prime: only times 1. 1073741823 * 2 = 2147483646, 1073741824 * 2 is one too many.
    The greatest weight goes with the least quantum: 8388607 * 256 = 2147483392.
    """
    queue = rig.hhf()
    equal("errno", queue.change(quantum_bytes=INT_MAX, non_hh_weight=1), 0)
    _refused(queue, EINVAL, non_hh_weight=2)
    _refused(queue, EINVAL, quantum_bytes=INT_MAX + 1)
    equal("errno", queue.change(quantum_bytes=INT_MAX // 2, non_hh_weight=2), 0)
    _refused(queue, EINVAL, quantum_bytes=INT_MAX // 2 + 1)
    _refused(queue, EINVAL, non_hh_weight=3)
    equal("errno", queue.change(quantum_bytes=256, non_hh_weight=INT_MAX // 256), 0)
    equal("weight", queue.counts().non_hh_weight, INT_MAX // 256)
    _refused(queue, EINVAL, non_hh_weight=INT_MAX // 256 + 1)


@claim()
def the_product_is_computed_in_64_bits(rig: Rig) -> None:
    """A product that would be small again in 32 bits is refused: 65536 * 65536 = 2 ** 32.

    65536 * 65537 = 2 ** 32 + 65536, which in 32 bits is 65536.
    """
    queue = rig.hhf()
    for weight in (65_536, 65_537):
        _refused(queue, EINVAL, quantum_bytes=65_536, non_hh_weight=weight)
    _refused(queue, EINVAL, quantum_bytes=2**32 - 1, non_hh_weight=2**32 - 1)


@claim(needs="hh_limit_capped")
def hh_limit_above_2048_is_refused(rig: Rig) -> None:
    """hh_limit may be 2048 and no more; above it is ERANGE, for change and for add."""
    queue = rig.hhf()
    for hh_limit in (2049, 65_536, 2**32 - 1):
        _refused(queue, ERANGE, hh_limit=hh_limit)
        equal("errno of add", rig.add_errno(hh_limit=hh_limit), ERANGE)
    equal("errno of 2048", queue.change(hh_limit=2048), 0)


@claim(needs="checked_before_lock")
def a_refused_change_changes_nothing(rig: Rig) -> None:
    """When one parameter of a change is refused, none of the others is taken.

    Kernels before 3.16 took the limit and kept the lock (f6a082fed1e6); the next change hung.
    """
    queue = rig.hhf()
    others = {"limit_packets": 5, "reset_timeout_us": 80_000, "admit_bytes": 7,
              "evict_timeout_us": 80_000, "hh_limit": 3}  # fmt: skip
    _refused(queue, EINVAL, quantum_bytes=40_960, non_hh_weight=300_000, **others)
    _refused(queue, EINVAL, non_hh_weight=0, quantum_bytes=500, **others)
    equal("errno of a good change", queue.change(limit_packets=50), 0)
    _still_works(queue)


@claim()
def everything_else_may_be_anything(rig: Rig) -> None:
    """limit, admit_bytes and the time-outs take every 32-bit number.

    limit 0 and 4294967295, admit_bytes likewise; a time-out of 0 reads back as 0.
    """
    queue = rig.hhf()
    for name in ("limit_packets", "admit_bytes"):
        for value in (0, 1, 2**31, 2**32 - 1):
            equal(f"errno of {name} {value}", queue.change(**{name: value}), 0)
            equal(name, vars(queue.counts())[name], value)
    for name in ("reset_timeout_us", "evict_timeout_us"):
        for value in (0, 2**32 - 1):
            equal(f"errno of {name} {value}", queue.change(**{name: value}), 0)
        equal("errno of 0", queue.change(**{name: 0}), 0)
        equal(name, vars(queue.counts())[name], 0)


@claim()
def a_short_attribute_is_refused(rig: Rig) -> None:
    """Each parameter is a 32-bit number: one of 2 or 3 bytes is ERANGE and changes nothing.

    Of an integer too short for its type validate_nla says ERANGE (lib/nlattr.c).
    """
    queue = rig.hhf()
    before = queue.counts()
    for kind in ATTRIBUTES:
        for size in (0, 2, 3):
            raw = struct.pack("=HH", 4 + size, kind) + bytes(4 if size else 0)
            equal(f"errno of attribute {kind} of {size} bytes", queue.change_raw(raw), ERANGE)
    equal("parameters", queue.counts(), before)


@claim()
def a_long_attribute_is_taken(rig: Rig) -> None:
    """A parameter of 8 bytes is taken, of which the first 4 count: the old, lenient rules."""
    queue = rig.hhf()
    for kind, name in zip(ATTRIBUTES, NAMES, strict=True):
        raw = netlink.attribute(kind, struct.pack("=II", 2000, 77))
        equal(f"errno of {name} of 8 bytes", queue.change_raw(raw), 0)
        one_of(name, vars(queue.counts())[name], (2000, _rounded_up_us(2000, rig.hz)))


@claim()
def unknown_attributes_are_ignored(rig: Rig) -> None:
    """Attributes 0, 8 and 200 change nothing and are no error, even beside a known one."""
    queue = rig.hhf()
    unknown = b"".join(netlink.attribute(kind, bytes(4)) for kind in (0, 8, 200))
    known = netlink.attribute(1, struct.pack("=I", 77))
    equal("errno", queue.change_raw(unknown + known + unknown), 0)
    equal("limit", queue.counts().limit_packets, 77)


@claim()
def of_a_repeated_attribute_the_last_counts(rig: Rig) -> None:
    """limit 5, then limit 9 in one change: 9."""
    queue = rig.hhf()
    both = b"".join(netlink.attribute(1, struct.pack("=I", limit)) for limit in (5, 9))
    equal("errno", queue.change_raw(both), 0)
    equal("limit", queue.counts().limit_packets, 9)


@claim()
def an_empty_change_changes_nothing(rig: Rig) -> None:
    """A change without parameters is no error and leaves all as it was, packets too."""
    queue = rig.hhf(limit_packets=5)
    queue.send(1, 500, 4)
    before = queue.counts()
    equal("errno", queue.change(), 0)
    equal("all counts and parameters", queue.counts(), before)


@claim()
def hhf_has_no_classes(rig: Rig) -> None:
    """hhf is classless: nothing can be put below it, and it has no classes to show.

    A qdisc below class 10:1 of it is EOPNOTSUPP, ENOENT or EINVAL, by kernel (qdisc_create and
    tc_modify_qdisc, net/sched/sch_api.c).
    """
    queue = rig.hhf()
    message = netlink.set_qdisc(
        queue.index, "pfifo", b"", add=True, handle=0x990000, parent=queue.handle | 1
    )
    one_of("errno", queue.ask(message, "add pfifo below hhf"), (EINVAL, ENOENT, EOPNOTSUPP))
    _still_works(queue)


def _refused(queue: Queue, errno: int, **params: int) -> None:
    """Claim that a change is refused, and that nothing has changed."""
    before = queue.counts()
    equal(f"errno of change {params}", queue.change(**params), errno)
    equal("all counts and parameters", queue.counts(), before)


def _still_works(queue: Queue) -> None:
    """Claim that a packet passes."""
    before = queue.counts(quiet=True).sent_packets
    queue.send(5, 200, 3)
    queue.drain()
    equal("packets sent", queue.counts().sent_packets - before, 3)


def _rounded_up_us(value_us: int, hz: int) -> int:
    """A time-out as it reads back: in whole ticks, rounded up (``usecs_to_jiffies``)."""
    return -(-value_us * hz // 10**6) * 10**6 // hz
