# SPDX-License-Identifier: GPL-2.0-or-later
"""The answer in words."""

from dataclasses import replace

from hhf_testbed.model import CURRENT, Features
from hhf_testbed.model.features import EARLY_6_12, SEED_2013
from hhf_testbed.recognise import Recognised
from hhf_testbed.recognise.evidence import Evidence


def recognised(features: Features, *undecided: str) -> Recognised:
    values = {name: None if name in undecided else v for name, v in vars(features).items()}
    return Recognised([Evidence(name, value, "") for name, value in values.items()])


def test_kernels_that_behave_alike_are_all_named() -> None:
    assert recognised(CURRENT).words() == "6.1, 6.12, 7.2: same behaviour"
    assert recognised(SEED_2013).words() == "2013"


def test_a_kernel_between_profiles_is_near_to_one_and_the_difference_is_named() -> None:
    between = recognised(replace(EARLY_6_12, hh_limit_capped=True))
    assert between.words() == "no known profile; nearest: 6.12-early; differing in hh_limit_capped"
    assert between.against_nearest()[0].startswith("hh_limit above 2048 is ERANGE")


def test_what_was_not_decided_is_never_claimed() -> None:
    found = recognised(CURRENT, "quantum_floor")
    assert found.profiles == []
    assert found.words() == "unknown: quantum_floor not decided; nearest: 6.1, 6.12, 7.2"
    assert "quantum_floor" not in found.decided
    assert found.features == CURRENT
    assert found.against_nearest() == []


def test_an_undecided_kernel_that_differs_too_is_said_to_do_both() -> None:
    found = recognised(replace(CURRENT, parent_told_on_cn=True), "quantum_floor")
    said = found.words()
    assert said.startswith("unknown: quantum_floor not decided; nearest: 6.1, 6.12, 7.2;")
    assert said.endswith("differing in parent_told_on_cn")
