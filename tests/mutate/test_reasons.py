# SPDX-License-Identifier: GPL-2.0-or-later
from hhf_testbed.conform import tools
from hhf_testbed.kernels import Kernel
from hhf_testbed.mutate.fault import Fault
from hhf_testbed.mutate.operators import faults
from hhf_testbed.mutate.reasons import reasons, stale, unexplained
from hhf_testbed.mutate.trial import Fate, Tried


def tried(name: str, fate: Fate) -> Tried:
    function, _, change = name.partition(": ")
    before, _, after = change.partition(" -> ")
    again = after.rpartition(" #")[2]
    nth = int(again) - 1 if again.isdigit() and " #" in after else 0
    after = after.rpartition(" #")[0] if nth else after
    return Tried(Fault("kind", function, 1, 0, 1, b"", before, after, nth), fate)


def test_a_survivor_needs_a_reason() -> None:
    name = next(iter(reasons()))
    assert unexplained([tried(name, Fate.SURVIVED)]) == []
    unknown = tried("f: a -> b", Fate.SURVIVED)
    assert unexplained([unknown, tried("f: a -> c", Fate.KILLED)]) == [unknown]


def test_a_reason_of_a_fault_that_is_seen_is_stale() -> None:
    name = next(iter(reasons()))
    assert stale([tried(name, Fate.KILLED), tried("f: a -> b", Fate.KILLED)]) == [name]


def test_every_reason_is_about_a_fault_of_the_kernel_under_test(kernel: Kernel) -> None:
    there = {fault.name for fault in faults(tools.own_source(kernel).read_bytes())}
    assert set(reasons()) - there == set()


def test_every_reason_says_why() -> None:
    assert [name for name, reason in reasons().items() if len(reason.text) < 20] == []
