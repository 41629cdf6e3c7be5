# SPDX-License-Identifier: GPL-2.0-or-later
"""What a kernel is known to have and to lack, before the suite is run on it.

The features are probed, but a probe alone must not excuse a fault: a changed sch_hhf.c that has
lost a fix would then only be one more kernel without it. So

- a changed source is held to what the kernel's own source does;
- a kernel that behaves like no known profile is held to the nearest one.
"""

from typing import Final

from hhf_testbed.conform.lab import GuestLost, Lab
from hhf_testbed.conform.recording import DriverFailed
from hhf_testbed.kernels import Kernel
from hhf_testbed.model import CURRENT, PROFILES, Features
from hhf_testbed.model.features import differences
from hhf_testbed.recognise import Recognised, recognise

NOT_BUILT: Final = "2013"
"""The profile of no kernel that can be built here; to be near it is to have lost old fixes."""


def known_features(kernel: Kernel) -> tuple[Features, str]:
    """Return what claims are to expect of this kernel, and in words what it is like.

    A kernel that cannot even be probed is held to the newest profile; the claims will tell.

    Raises:
        LabFailure: the lab failed.
    """
    try:
        found = recognise(Lab.of(kernel))
    except (GuestLost, DriverFailed) as failure:
        return CURRENT, f"unknown, for it could not be probed: {str(failure).splitlines()[0]}"
    return expected(found), found.words()


def expected(found: Recognised) -> Features:
    """Return the features of the profile that a kernel is held to."""
    if found.profiles:
        return PROFILES[found.profiles[0]]
    candidates = [features for name, features in PROFILES.items() if name != NOT_BUILT]
    return min(candidates, key=lambda features: len(differences(features, found.features)))
