# SPDX-License-Identifier: GPL-2.0-or-later
from dataclasses import replace

from hhf_testbed.model import CURRENT, PROFILES
from hhf_testbed.model.features import Features, feature_names
from hhf_testbed.recognise.evidence import Evidence
from hhf_testbed.recognise.recognised import Recognised
from hhf_testbed.regress.expected import expected


def probed(features: Features) -> Recognised:
    return Recognised([Evidence(name, getattr(features, name), "") for name in feature_names()])


def test_a_kernel_of_a_known_profile_is_held_to_it() -> None:
    for features in PROFILES.values():
        assert expected(probed(features)) == features


def test_a_lost_fix_is_no_excuse() -> None:
    """A kernel like 6.12 that drops one packet too early is no kernel of 2013."""
    for name in feature_names():
        assert expected(probed(replace(CURRENT, **{name: not getattr(CURRENT, name)}))) == CURRENT
