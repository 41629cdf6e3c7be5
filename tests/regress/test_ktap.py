# SPDX-License-Identifier: GPL-2.0-or-later
from dataclasses import replace

from hhf_testbed.model import CURRENT
from hhf_testbed.regress.ktap import ktap
from tests.regress.conftest import Make

OLD = replace(CURRENT, quantum_floor=False)


def test_areas_are_tests_and_claims_are_subtests(outcome: Make) -> None:
    lines = list(ktap([outcome("a", "one"), outcome("a", "two"), outcome("b", "three")]))
    assert lines == [
        "KTAP version 1",
        "1..2",
        "  KTAP version 1",
        "  # Subtest: a",
        "  1..2",
        "  ok 1 one",
        "  ok 2 two",
        "ok 1 a",
        "  KTAP version 1",
        "  # Subtest: b",
        "  1..1",
        "  ok 1 three",
        "ok 2 b",
    ]


def test_a_refuted_claim_makes_its_area_not_ok_and_tells_why(outcome: Make) -> None:
    bad = outcome("a", "one", "refuted", what="count", claimed="1", seen="2", diary=("sent\nx",))
    lines = list(ktap([bad]))
    assert "  # count: claimed 1, seen 2" in lines
    assert lines[-4:] == ["  # sent", "  # x", "  not ok 1 one", "not ok 1 a"]


def test_a_known_bug_is_an_expected_failure(outcome: Make) -> None:
    known = outcome("a", "one", "refuted", needs="quantum_floor", features=OLD)
    lines = list(ktap([known]))
    assert lines[-2].startswith("  ok 1 one # XFAIL eb56a495f59b net/sched: hhf: clamp quantum")
    assert lines[-1] == "ok 1 a"


def test_a_bug_that_is_gone_is_not_ok(outcome: Make) -> None:
    gone = outcome("a", "one", "holds", needs="quantum_floor", features=OLD)
    assert list(ktap([gone]))[-1] == "not ok 1 a"


def test_a_broken_claim_is_an_error(outcome: Make) -> None:
    lines = list(ktap([outcome("a", "one", "broken")]))
    assert lines[-2:] == ["  not ok 1 one # ERROR", "not ok 1 a"]
