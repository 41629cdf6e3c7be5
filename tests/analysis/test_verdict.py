# SPDX-License-Identifier: GPL-2.0-or-later
import pytest

from hhf_testbed.analysis.verdict import (
    LAB_FAILURE,
    REFUTED,
    SUPPORTED,
    Claim,
    exit_status,
    verdict,
)


def claims(*verdicts):
    return [Claim("name", "text", "bound", "refuted if", "measured", each) for each in verdicts]


@pytest.mark.parametrize(
    ("verdicts", "status"),
    [
        ((SUPPORTED,), 0),
        ((SUPPORTED, SUPPORTED), 0),
        ((SUPPORTED, REFUTED), 1),
        ((REFUTED, SUPPORTED), 1),
        ((SUPPORTED, LAB_FAILURE), 2),
        ((LAB_FAILURE, REFUTED), 2),
        ((), 2),
    ],
)
def test_exit_status_follows_the_worst_verdict(verdicts, status):
    assert exit_status(claims(*verdicts)) == status


def test_a_bound_that_holds_in_a_doubtful_lab_is_not_supported():
    assert verdict(holds=True, doubts=["a doubt"]) == LAB_FAILURE


def test_a_bound_that_fails_in_a_doubtful_lab_is_not_refuted():
    assert verdict(holds=False, doubts=["a doubt"]) == LAB_FAILURE


def test_without_doubts_the_bound_decides():
    assert verdict(holds=True, doubts=[]) == SUPPORTED
    assert verdict(holds=False, doubts=[]) == REFUTED
