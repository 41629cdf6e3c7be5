# SPDX-License-Identifier: GPL-2.0-or-later
import re
from dataclasses import FrozenInstanceError, fields

import pytest

from hhf_testbed.model.features import (
    CHANGES,
    CURRENT,
    EARLY_6_12,
    LINUX_5_10,
    PROFILES,
    SEED_2013,
    Features,
    describe,
    differences,
    feature_names,
    matching_profiles,
)


def test_each_flag_has_one_change_that_explains_it() -> None:
    assert sorted(change.feature for change in CHANGES) == sorted(feature_names())


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.feature)
def test_each_change_has_a_subject_words_for_both_sides_and_a_commit_if_known(change) -> None:  # type: ignore[no-untyped-def]
    assert re.fullmatch(r"[0-9a-f]{12}|", change.commit)
    assert change.subject
    assert change.without != change.with_
    for words in (change.without, change.with_):
        assert re.fullmatch(r"\S.*[^.\s]", words)


@pytest.mark.parametrize("value", [CURRENT, CHANGES[0]])
def test_what_a_kernel_does_cannot_be_changed_by_mistake(value: object) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(value, fields(value)[0].name, None)  # type: ignore[arg-type]


def lacking(features: Features) -> set[str]:
    return {change.feature for change in differences(features, CURRENT)}


def test_early_6_12_lacks_what_was_mended_after_6_12_107() -> None:
    assert lacking(EARLY_6_12) == {
        "peeked_trim_counted",
        "initial_quantum_clamped",
        "quantum_floor",
        "hh_limit_capped",
    }


def test_5_10_lacks_the_peeked_trim_and_the_reset_besides() -> None:
    assert lacking(LINUX_5_10) - lacking(EARLY_6_12) == {"peeked_trimmed", "reset_forgets_flows"}


def test_2013_lacks_everything() -> None:
    assert lacking(SEED_2013) == set(feature_names()) - {"parent_told_on_cn"}


def test_no_kernel_tells_the_parent_on_cn() -> None:
    assert not any(features.parent_told_on_cn for features in PROFILES.values())


def test_the_newest_of_6_1_and_6_12_behave_like_7_2() -> None:
    assert describe(PROFILES["6.1"], PROFILES["7.2"]) == []
    assert describe(PROFILES["6.12"], PROFILES["7.2"]) == []


def test_a_difference_is_told_in_words_with_its_commit_both_ways() -> None:
    newer, older = Features(), Features(quantum_floor=False)
    assert describe(older, newer) == [
        "a quantum below 256 bytes, 0 too, becomes 256 bytes [before: quantum may be 1 byte; 0 has "
        "no special place] (eb56a495f59b net/sched: hhf: clamp quantum in change and init paths)"
    ]
    assert describe(newer, older)[0].startswith("quantum may be 1 byte; 0 has no special place [be")


def test_a_change_without_known_commit_is_told_by_its_subject() -> None:
    (sentence,) = describe(Features(hash_dissected=False), Features())
    assert sentence.endswith("(sched: Call skb_get_hash_perturb in sch_hhf)")


def test_a_kernel_is_recognised_by_what_was_probed() -> None:
    assert matching_profiles({"limit_inclusive": False}) == ["2013"]
    assert matching_profiles({"quantum_floor": False, "peeked_trimmed": True}) == ["6.12-early"]
    assert matching_profiles({"quantum_floor": True}) == ["6.1", "6.12", "7.2"]
    assert matching_profiles({"parent_told_on_cn": True}) == []
    assert matching_profiles({}) == ["2013", "5.10", "6.1", "6.12-early", "6.12", "7.2"]
