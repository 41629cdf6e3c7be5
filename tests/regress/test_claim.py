# SPDX-License-Identifier: GPL-2.0-or-later
import pytest

from hhf_testbed.model.features import feature_names
from hhf_testbed.regress.claim import all_claims, claim
from hhf_testbed.regress.order import interleaved


def test_every_claim_says_in_one_line_what_it_claims() -> None:
    for one in all_claims():
        assert one.title.endswith((".", ":", "?")), f"{one.id}: {one.title!r}"
        assert len(one.title) <= 100, one.id


def test_every_claim_may_take_at_most_14_seconds_of_wall_time() -> None:
    """So that a hang is told within 15 s."""
    assert [one.id for one in all_claims() if not 0 < one.wall_s <= 14] == []


def test_what_a_claim_needs_is_a_feature() -> None:
    assert {one.needs for one in all_claims()} - {""} <= set(feature_names())


def test_the_areas_asked_of_a_regression_suite_are_there() -> None:
    areas = {one.area for one in all_claims()}
    assert areas >= {
        "admission", "filter_reset", "counters", "flow_table", "eviction", "limits", "wdrr",
        "drops", "return_codes", "parent_accounting", "change_under_load", "trimming", "link_state",
        "defaults", "validation", "dump", "hashing", "jiffies_wrap", "teardown",
    }  # fmt: skip


def test_a_claim_without_docstring_is_refused() -> None:
    with pytest.raises(TypeError, match="claims nothing"):
        claim()(lambda _: None)


def test_a_claim_that_needs_no_known_feature_is_refused() -> None:
    def documented(_: object) -> None:
        """Something."""

    with pytest.raises(TypeError, match="no feature"):
        claim(needs="sunshine")(documented)


def test_claims_are_interleaved_by_area() -> None:
    claims = all_claims()
    mixed = interleaved(claims)
    assert sorted(one.id for one in mixed) == sorted(one.id for one in claims)
    areas = len({one.area for one in claims})
    assert len({one.area for one in mixed[:areas]}) == areas
