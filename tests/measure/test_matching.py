# SPDX-License-Identifier: GPL-2.0-or-later
import numpy as np
import pytest

from hhf_testbed.errors import LabFailure
from hhf_testbed.measure.matching import match


def partners(text):
    """Match records written as ``+a`` (a came) and ``-a`` (a left)."""
    words = text.split()
    leaving = np.array([word[0] == "-" for word in words])
    return match(leaving, [word[1:].encode() for word in words]).tolist()


def test_a_departure_and_its_arrival_point_at_each_other():
    assert partners("+a +b -b -a") == [3, 2, 1, 0]


def test_copies_of_a_packet_are_matched_first_in_first_out():
    assert partners("+a +a -a +a -a -a") == [2, 4, 0, 5, 1, 3]


def test_a_packet_that_was_not_seen_to_leave_has_no_partner():
    assert partners("+a +b -b") == [-1, 2, 1]


@pytest.mark.parametrize("text", ["-a", "+a -b", "+a -a -a"])
def test_a_departure_without_an_arrival_is_a_lab_failure(text):
    with pytest.raises(LabFailure, match="left without having come in"):
        partners(text)
