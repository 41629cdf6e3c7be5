# SPDX-License-Identifier: GPL-2.0-or-later
"""What the module measured: nothing cut off, no packet lost, and interruptions left out."""

import pytest
from made_up_cost import made_up

from hhf_testbed.cost.passes import Pass, disturbed, undisturbed
from hhf_testbed.errors import LabFailure

BURSTS = [(20, 30, 40, 10), (20, 30, 60, 10)]
WHOLE = made_up(BURSTS, enqueued=4, dequeued=3, left=1)


def test_a_pass_says_how_many_packets_went_through() -> None:
    found = Pass.parse(WHOLE, packets=4, burst=2)
    assert (found.enqueued, found.dequeued, found.left) == (4, 3, 1)
    assert found.ticks.tolist() == [list(burst) for burst in BURSTS]


def test_ticks_of_each_phase_are_shared_out_to_the_packets() -> None:
    found = Pass.parse(WHOLE, packets=4, burst=2)
    assert undisturbed([found]) == {"hash": 10, "classify": 15, "enqueue": 25, "dequeue": 5}


def test_an_interruption_of_one_pass_is_left_out_and_shows_by_the_clock() -> None:
    quiet = Pass.parse(WHOLE, packets=4, burst=2)
    broken = [(20, 30, 40, 10), (20, 30, 90_060, 10)]
    disturbed_one = made_up(broken, enqueued=4, dequeued=3, left=1)
    passes = [quiet, Pass.parse(disturbed_one, packets=4, burst=2), quiet]
    assert undisturbed(passes)["enqueue"] == 25
    assert disturbed(passes)["enqueue"] == 25 + 90_000 / 3 / 4


@pytest.mark.parametrize("data", [b"", WHOLE[:-1], WHOLE[:20], WHOLE + b"\0"])
def test_a_pass_that_is_cut_off_or_too_long_teaches_nothing(data: bytes) -> None:
    with pytest.raises(LabFailure, match=f"{len(data)} bytes instead of {len(WHOLE)}"):
        Pass.parse(data, packets=4, burst=2)


@pytest.mark.parametrize(
    ("enqueued", "dequeued", "left", "drops"),
    [(4, 2, 1, 0), (4, 4, 1, 0), (3, 3, 0, 0), (4, 3, 1, 1)],
)
def test_packets_that_were_lost_dropped_or_invented_teach_nothing(
    enqueued: int, dequeued: int, left: int, drops: int
) -> None:
    data = made_up(BURSTS, enqueued=enqueued, dequeued=dequeued, left=left, drops=drops)
    with pytest.raises(LabFailure, match="of 4 packets"):
        Pass.parse(data, packets=4, burst=2)


def test_a_counter_that_stands_still_teaches_nothing() -> None:
    still = made_up([(1, 0, 1, 1)] * 2, enqueued=4, dequeued=4, left=0)
    with pytest.raises(LabFailure, match="stood still"):
        Pass.parse(still, packets=4, burst=2)
