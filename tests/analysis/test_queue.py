# SPDX-License-Identifier: GPL-2.0-or-later
import numpy as np
import pytest
from handmade import START_NS
from walks import walk

from hhf_testbed.analysis.passage import NEVER
from hhf_testbed.analysis.queue import drop_times, queue_by_class


def drops(text, kind):
    passage, names = walk(text)
    found = drop_times(passage, kind)
    return {names[n]: int(found[n]) - START_NS for n in np.flatnonzero(found != NEVER)}


def test_a_fifo_drops_what_arrives():
    assert drops("1 +A1 2 +A2 3 +B1 10 -A1 20 -B1", "pfifo") == {"A2": 2}


@pytest.mark.parametrize("kind", ["fq_codel", "codel", "sfq"])
def test_others_drop_when_the_next_packet_of_the_flow_leaves(kind):
    assert drops("1 +A1 2 +A2 3 +B1 4 +A3 10 -A1 20 -B1 30 -A3", kind) == {"A2": 30}


@pytest.mark.parametrize("kind", ["pfifo", "fq_codel"])
def test_a_packet_that_nothing_followed_out_may_still_be_inside(kind):
    assert drops("1 +A1 2 +A2 10 -A1", kind) == {}


def test_the_queue_is_what_came_less_what_left_and_what_was_dropped():
    passage, _ = walk("1 +A1 2 +A2 3 +B1 4 +P1 10 -A1 20 -B1 20 -P1")
    samples = START_NS + np.array([0, 1, 3, 10, 15, 20])
    queue = queue_by_class(passage, drop_times(passage, "pfifo"), samples)
    assert queue.packets["bulk"].tolist() == [0, 1, 1, 0, 0, 0]
    assert queue.packets["short"].tolist() == [0, 0, 1, 1, 1, 0]
    assert queue.packets["probe"].tolist() == [0, 0, 0, 1, 1, 0]
    assert queue.time_s.tolist() == pytest.approx([0, 1e-9, 3e-9, 1e-8, 1.5e-8, 2e-8])
