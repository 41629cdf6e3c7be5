# SPDX-License-Identifier: GPL-2.0-or-later
from pathlib import Path

import pytest

from hhf_testbed.model.features import CHANGES, PROFILES, feature_names
from hhf_testbed.regress import fixes_table
from hhf_testbed.regress.claim import all_claims

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "known-fixes.md"
CLAIMS = {claim.id for claim in all_claims()}


def test_the_document_is_what_the_program_writes() -> None:
    assert DOCUMENT.read_text() == fixes_table.fixes_document()


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.feature)
def test_every_known_fix_has_a_claim_that_sees_it(change: object) -> None:
    assert fixes_table.witnesses(change.feature)  # type: ignore[attr-defined]


@pytest.mark.parametrize("commit", [change.commit for change in fixes_table.UNFLAGGED])
def test_every_other_fix_has_a_claim_that_sees_it(commit: str) -> None:
    assert fixes_table.UNFLAGGED_WITNESSES[commit]


def test_every_claim_that_is_named_exists() -> None:
    named = [*fixes_table.WITNESSES.values(), *fixes_table.UNFLAGGED_WITNESSES.values()]
    assert {name for names in named for name in names} <= CLAIMS


def test_every_feature_that_is_named_exists() -> None:
    assert set(fixes_table.WITNESSES) <= set(feature_names())


def test_each_row_says_of_each_profile_whether_it_has_the_fix() -> None:
    rows = [line for line in fixes_table.fixes_document().splitlines() if "b2ce49e7375f" in line]
    cells = [cell.strip() for cell in rows[0].strip("|").split("|")]
    assert cells[3:] == ["no"] + ["yes"] * (len(PROFILES) - 1)


def test_a_bar_in_a_cell_does_not_make_another_cell() -> None:
    assert next(fixes_table.table(["a|b"], iter([]))) == "| a\\|b |"
