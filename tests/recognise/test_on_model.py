# SPDX-License-Identifier: GPL-2.0-or-later
"""Each probe tells its feature from all others; the model plays the kernel here."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from modelled import SHORT_KEY, ModelledLab

from hhf_testbed.conform.predict import predict
from hhf_testbed.conform.recording import Done, Recording
from hhf_testbed.errors import LabFailure
from hhf_testbed.model import CURRENT, PROFILES, Features
from hhf_testbed.model.features import LINUX_5_10, SEED_2013, feature_names
from hhf_testbed.recognise import Recognised, hashing
from hhf_testbed.recognise.inquiry import Inquiry
from hhf_testbed.recognise.probes import HARMLESS


def asked(features: Features) -> Recognised:
    return Inquiry(ModelledLab(features)).conduct()  # type: ignore[arg-type]


def possible(features: Features) -> Features:
    """Take away what no kernel can have without something else."""
    return replace(
        features,
        parent_told_on_cn=features.parent_told_on_cn and features.parent_told_bytes,
        peeked_trim_counted=features.peeked_trim_counted and features.peeked_trimmed,
        hash_siphash=features.hash_dissected,
        # A model with the floor lifts the default quantum, too.
        initial_quantum_clamped=features.initial_quantum_clamped or features.quantum_floor,
    )


@pytest.mark.parametrize("name", PROFILES)
def test_every_profile_is_recognised_as_itself_and_those_that_behave_alike(name: str) -> None:
    found = asked(PROFILES[name])
    assert found.features == PROFILES[name]
    assert found.profiles == [n for n, f in PROFILES.items() if f == PROFILES[name]]


@pytest.mark.parametrize("base", [CURRENT, LINUX_5_10, SEED_2013], ids=["new", "5.10", "2013"])
def test_each_single_feature_is_seen_whatever_the_others_are(base: Features) -> None:
    for name in feature_names():
        kernel = possible(replace(base, **{name: not getattr(base, name)}))
        assert asked(kernel).features == kernel, name


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.builds(Features, **{name: st.booleans() for name in feature_names()}).map(possible))
def test_any_mixture_of_features_is_found(kernel: Features) -> None:
    found = asked(kernel)
    assert found.features == kernel
    assert not found.undecided


def test_a_hash_of_32_secret_bits_that_is_not_that_of_2013_is_told_but_not_named() -> None:
    found = asked(replace(CURRENT, hash_siphash=False))
    assert found.decided["hash_siphash"] is False
    assert [e.feature for e in found.undecided] == ["hash_dissected"]
    assert found.profiles == []
    assert SHORT_KEY.hex() in found.undecided[0].history


def test_a_hash_with_the_right_secret_but_other_values_is_undecided() -> None:
    honest = predict(hashing.SCENARIO, 250, key=bytes(range(16)))
    wrong = replace(honest, key=bytes(range(1, 17)))
    assert [e.value for e in hashing.judge(wrong, 250, CURRENT)] == [None, None]


def test_a_kernel_like_no_variant_of_the_model_is_undecided_with_both_histories() -> None:
    probe = next(probe for probe in HARMLESS if probe.feature == "quantum_floor")
    recording = predict(probe.scenario, 250)
    *events, last = recording.events
    assert isinstance(last, Done)
    odd = replace(last, values={**(last.values or {}), "quantum_bytes": 512})
    evidence = probe.judge(replace(recording, events=[*events, odd]), 250, CURRENT)
    assert evidence.value is None
    assert "no variant of the model agrees" in evidence.seen
    assert "kernel 512, model 256" in evidence.history
    assert "kernel 512, model 1" in evidence.history


def test_a_scenario_that_shows_nothing_is_undecided() -> None:
    probe = next(probe for probe in HARMLESS if probe.feature == "quantum_floor")
    blind = replace(probe, feature="limit_inclusive")
    evidence = blind.judge(predict(probe.scenario, 250), 250, CURRENT)
    assert evidence.value is None
    assert "both variants of the model agree" in evidence.seen


def test_a_lab_that_fails_over_a_risky_question_is_not_taken_for_an_answer() -> None:
    class FailingLab(ModelledLab):
        def play(self, scenarios: object, **more: object) -> list[Recording]:
            if self.guests == 2:
                raise LabFailure("no room on the disk")
            return super().play(scenarios, **more)  # type: ignore[arg-type]

    with pytest.raises(LabFailure, match="no room"):
        Inquiry(FailingLab(CURRENT)).conduct()  # type: ignore[arg-type]


def test_a_kernel_that_hangs_has_its_hang_as_evidence() -> None:
    found = asked(LINUX_5_10)
    evidence = {e.feature: e for e in found.evidence}
    assert "did not end within 5 s" in evidence["peeked_trimmed"].seen
    assert evidence["peeked_trim_counted"].seen == "implied: there is no peeked_trimmed"
