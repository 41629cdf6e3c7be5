# SPDX-License-Identifier: GPL-2.0-or-later
import pytest

from hhf_testbed.regress.health import complaints

ILL = (
    "BUG: kernel NULL pointer dereference, address: 0000000000000000",
    "WARNING: CPU: 0 PID: 1 at net/sched/sch_hhf.c:400 hhf_dequeue+0x1/0x2",
    "Oops: 0000 [#1] PREEMPT SMP",
    "general protection fault, probably for non-canonical address",
    "WARNING: possible circular locking dependency detected",
    "rcu: INFO: rcu_sched self-detected stall on CPU",
    "INFO: task tc:12 blocked for more than 120 seconds.",
    "refcount_t: underflow; use-after-free.",
    "list_del corruption, ffff->next is LIST_POISON1",
    "unregister_netdevice: waiting for hhf1 to become free. Usage count = 2",
    "BUG: KASAN: slab-use-after-free in hhf_enqueue+0x1/0x2",
    "UBSAN: shift-out-of-bounds in net/sched/sch_hhf.c:1:2",
    "hfsc: hhf qdisc 80010000: is non-work-conserving?",
    "watchdog: BUG: soft lockup - CPU#0 stuck for 26s!",
)
WELL = (
    "sch_hhf: loading out-of-tree module taints kernel.",
    "netlink: 'tc': attribute type 1 has an invalid length.",
    "HTB: quantum of class 10001 is big. Consider r2q change.",
    "device hhf101 entered promiscuous mode",
    "rcu: Hierarchical SRCU implementation.",
)


@pytest.mark.parametrize("line", ILL)
def test_a_kernel_that_complains_is_heard(line: str) -> None:
    assert complaints([line]) == [line]


def test_what_a_healthy_kernel_says_is_no_complaint() -> None:
    assert complaints(list(WELL)) == []
