# SPDX-License-Identifier: GPL-2.0-or-later
from dataclasses import replace

from hhf_testbed.model import CURRENT
from hhf_testbed.regress.text import MOST_DETAILS, detail, known_bugs, table, told
from tests.regress.conftest import Make

OLD = replace(CURRENT, quantum_floor=False)


def test_the_table_counts_by_area_and_over_all(outcome: Make) -> None:
    lines = list(table([outcome("a"), outcome("a", "two", "refuted"), outcome("bcd", "three")]))
    assert lines == ["a    1 hold, 1 refuted", "bcd  1 hold", "all  2 hold, 1 refuted"]


def test_a_refuted_claim_is_told_with_all_that_is_known(outcome: Make) -> None:
    bad = outcome("a", "one", "refuted", what="count", claimed="1", seen="2",
                  diary=("send",), console=("oops",))  # fmt: skip
    text = "\n".join(detail(bad, ["hhf", "regress"]))
    for part in (
        "REFUTED: a.one",
        "claimed: one is claimed.",
        "count: claimed 1, seen 2",
        "Because of arithmetic.",
        "send",
        "oops",
        "again: hhf regress --seed 1 a.one",
    ):
        assert part in text


def test_known_bugs_are_told_together_by_their_fix(outcome: Make) -> None:
    made = [
        outcome("a", name, "refuted", needs="quantum_floor", features=OLD) for name in ("x", "y")
    ]
    assert list(known_bugs([*made, outcome()])) == [
        "KNOWN BUG: quantum may be 1 byte; 0 has no special place",
        "  fix: eb56a495f59b net/sched: hhf: clamp quantum in change and init paths",
        "  refuted, as it must be: a.x",
        "  refuted, as it must be: a.y",
    ]


def test_a_bug_that_is_gone_says_what_to_do(outcome: Make) -> None:
    gone = outcome(needs="quantum_floor", features=OLD)
    assert "features.py" in "\n".join(detail(gone, ["hhf", "regress"]))


def test_of_many_only_some_are_told_in_full(outcome: Make) -> None:
    bad = [outcome("a", f"bad{n}", "refuted", diary=("send",)) for n in range(MOST_DETAILS + 2)]
    lines = list(told([outcome("a", "good"), *bad], ["hhf", "regress"]))
    assert sum("send" in line for line in lines) == MOST_DETAILS
    assert lines[-3].startswith("2 more")
    assert lines[-1] == f"  refuted: a.bad{MOST_DETAILS + 1}: bad{MOST_DETAILS + 1} is claimed."
