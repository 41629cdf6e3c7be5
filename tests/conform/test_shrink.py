# SPDX-License-Identifier: GPL-2.0-or-later
"""The shrinker keeps what a divergence needs, and nothing else, in bounded time."""

from collections.abc import Callable, Sequence
from itertools import count

from hhf_testbed.conform.compare import compare
from hhf_testbed.conform.generate import random_scenario
from hhf_testbed.conform.predict import predict
from hhf_testbed.conform.scenario import Scenario
from hhf_testbed.conform.shrink import Oracle, shrink
from hhf_testbed.conform.steps import Enqueue, Step
from hhf_testbed.model import CURRENT, Features

HZ = 250


def long_scenario(size: int = 1000) -> Scenario:
    steps = tuple(Enqueue(5000 * i, i % 40 + 3, 100 + i) for i in range(size))
    return Scenario("long", 10**6, steps, mtu_bytes=9000, hhf={"limit_packets": 9, "hh_limit": 3})


def oracle(guilty: Callable[[Sequence[Step]], bool]) -> Oracle:
    return lambda candidates: [guilty(scenario.steps) for scenario in candidates]


def lengths(steps: Sequence[Step]) -> list[int]:
    return [step.len_bytes for step in steps if isinstance(step, Enqueue)]


def test_two_guilty_steps_far_apart_are_all_that_stays() -> None:
    small = shrink(long_scenario(), oracle(lambda steps: {150, 1020} <= set(lengths(steps))))
    assert lengths(small.steps) == [150, 1020]
    assert small.hhf == {}
    assert small.mtu_bytes == 1500
    assert {step.flow for step in small.steps if isinstance(step, Enqueue)} == {0}
    assert small.note == "shrunk from 1000 steps"


def test_lengths_become_plain_where_they_do_not_matter() -> None:
    small = shrink(long_scenario(), oracle(lambda steps: len(lengths(steps)) >= 3))
    assert lengths(small.steps) == [60, 60, 60]


def test_what_cannot_be_shrunk_comes_back_whole() -> None:
    whole = long_scenario(40)
    small = shrink(whole, oracle(lambda steps: list(steps) == list(whole.steps)))
    assert small.steps == whole.steps


def test_it_ends_at_its_deadline_with_the_best_so_far() -> None:
    ticks = count()
    small = shrink(
        long_scenario(),
        oracle(lambda steps: len(steps) > 10),
        deadline_s=5,
        clock=lambda: next(ticks),
    )
    assert 10 < len(small.steps) < 1000


def test_an_old_kernel_is_told_by_few_packets() -> None:
    old = Features(**{**vars(CURRENT), "parent_told_on_cn": True})

    def differs(candidates: Sequence[Scenario]) -> list[bool]:
        return [bool(compare(predict(s, HZ, features=old), HZ).difference) for s in candidates]

    found = next(
        s for n in range(50) if differs([s := random_scenario(6, n)])[0] and s.packets < 2000
    )
    small = shrink(found, differs)
    assert differs([small]) == [True]
    assert small.packets <= 12
