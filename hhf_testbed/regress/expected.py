# SPDX-License-Identifier: GPL-2.0-or-later
"""What a kernel is known to have and to lack, before the suite is run on it.

The features are probed, but a probe alone must not excuse a fault: a changed sch_hhf.c that has
lost a fix would then only be one more kernel without it. So

- a changed source is held to what the kernel's own source does;
- a kernel that behaves like no known profile is held to the nearest one.
"""

from typing import Final

from hhf_testbed.conform.lab import Lab
from hhf_testbed.kernels import Kernel
from hhf_testbed.model import PROFILES, Features
from hhf_testbed.model.features import differences
from hhf_testbed.recognise import Recognised, recognise

NOT_BUILT: Final = "2013"
"""The profile of no kernel that can be built here; to be near it is to have lost old fixes."""


def known_features(kernel: Kernel) -> tuple[Features, Recognised]:
    """Return what claims are to expect of this kernel, and what was found by probing it.

    Raises:
        LabFailure: the kernel could not be probed.
    """
    found = recognise(Lab.of(kernel))
    return expected(found), found


def expected(found: Recognised) -> Features:
    """Return the features of the profile that a kernel is held to."""
    if found.profiles:
        return PROFILES[found.profiles[0]]
    candidates = [features for name, features in PROFILES.items() if name != NOT_BUILT]
    return min(candidates, key=lambda features: len(differences(features, found.features)))
