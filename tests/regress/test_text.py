# SPDX-License-Identifier: GPL-2.0-or-later
from dataclasses import replace

from hhf_testbed.model import CURRENT
from hhf_testbed.regress.text import detail, table
from tests.regress.conftest import Make

OLD = replace(CURRENT, quantum_floor=False)


def test_the_table_counts_by_area_and_over_all(outcome: Make) -> None:
    lines = list(table([outcome("a"), outcome("a", "two", "refuted"), outcome("bcd", "three")]))
    assert lines == ["a    1 hold, 1 refuted", "bcd  1 hold", "all  2 hold, 1 refuted"]


def test_a_refuted_claim_is_told_with_all_that_is_known(outcome: Make) -> None:
    bad = outcome("a", "one", "refuted", what="count", claimed="1", seen="2",
                  diary=("send",), console=("oops",))  # fmt: skip
    text = "\n".join(detail(bad, "hhf regress --seed 3"))
    for part in (
        "REFUTED: a.one",
        "claimed: one is claimed.",
        "count: 1 was claimed, 2 seen",
        "Because of arithmetic.",
        "send",
        "oops",
        "again: hhf regress --seed 3 a.one",
    ):
        assert part in text


def test_a_known_bug_is_told_with_its_fix(outcome: Make) -> None:
    known = outcome(status="refuted", needs="quantum_floor", features=OLD)
    text = "\n".join(detail(known, "hhf regress"))
    assert "KNOWN BUG" in text
    assert "fix: eb56a495f59b net/sched: hhf: clamp quantum" in text


def test_a_bug_that_is_gone_says_what_to_do(outcome: Make) -> None:
    gone = outcome(needs="quantum_floor", features=OLD)
    assert "features.py" in "\n".join(detail(gone, "hhf regress"))
