# SPDX-License-Identifier: GPL-2.0-or-later
from dataclasses import replace

import pytest

from hhf_testbed.model import CURRENT
from hhf_testbed.model.features import Features
from hhf_testbed.regress.outcome import Status
from tests.regress.conftest import Make

OLD: Features = replace(CURRENT, quantum_floor=False)


@pytest.mark.parametrize(
    ("seen", "features", "status"),
    [
        ("holds", CURRENT, Status.HOLDS),
        ("refuted", CURRENT, Status.REFUTED),
        ("refuted", OLD, Status.KNOWN),
        ("holds", OLD, Status.FIXED),
        ("broken", OLD, Status.BROKEN),
    ],
)
def test_a_known_bug_must_be_there_and_nothing_else_may(
    outcome: Make, seen: str, features: Features, status: Status
) -> None:
    made = outcome(status=seen, needs="quantum_floor", features=features)
    assert made.status is status


def test_a_claim_that_needs_nothing_is_never_excused(outcome: Make) -> None:
    assert outcome(status="refuted", features=OLD).status is Status.REFUTED


def test_the_commit_of_a_known_bug_is_named(outcome: Make) -> None:
    change = outcome(needs="quantum_floor").known
    assert change is not None
    assert change.commit == "eb56a495f59b"
