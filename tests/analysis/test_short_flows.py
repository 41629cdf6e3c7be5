# SPDX-License-Identifier: GPL-2.0-or-later
from hhf_testbed.analysis.passage import NEVER
from hhf_testbed.analysis.short_flows import completed_ns


def test_a_flow_is_complete_when_its_last_octet_has_left():
    assert completed_ns([(10, 0, 100), (30, 200, 250), (20, 100, 200)], 250) == 30


def test_a_packet_that_was_lost_is_waited_for():
    assert (
        completed_ns([(10, 0, 100), (NEVER, 100, 200), (30, 200, 250), (99, 100, 200)], 250) == 99
    )


def test_of_each_octet_the_first_copy_counts():
    segments = [(10, 0, 100), (20, 100, 200), (50, 0, 200), (60, 100, 200)]
    assert completed_ns(segments, 200) == 20


def test_copies_may_be_cut_in_another_way():
    assert (
        completed_ns([(10, 0, 150), (NEVER, 150, 200), (40, 100, 180), (50, 180, 200)], 200) == 50
    )


def test_a_flow_of_which_an_octet_never_left_did_not_finish():
    assert completed_ns([(10, 0, 100), (NEVER, 100, 200)], 100) is None


def test_a_flow_that_sent_too_little_did_not_finish():
    assert completed_ns([(10, 0, 100)], 101) is None


def test_a_flow_without_data_did_not_finish():
    assert completed_ns([], 1) is None
