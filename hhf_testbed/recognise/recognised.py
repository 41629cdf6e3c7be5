# SPDX-License-Identifier: GPL-2.0-or-later
"""What kind of kernel it is: its features, how each was seen, and whom it behaves like."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hhf_testbed.model import CURRENT, PROFILES, Features
from hhf_testbed.model.features import Change, describe, differences, matching_profiles
from hhf_testbed.recognise.evidence import Evidence


@dataclass(frozen=True)
class Recognised:
    """The evidence about one kernel, one piece for each feature, in the order of ``CHANGES``."""

    evidence: Sequence[Evidence]

    @property
    def decided(self) -> dict[str, bool]:
        """The flags that were seen, by name."""
        return {e.feature: e.value for e in self.evidence if e.value is not None}

    @property
    def undecided(self) -> list[Evidence]:
        """What no probe could decide: a finding about the kernel, the probe or the model."""
        return [e for e in self.evidence if e.value is None]

    @property
    def features(self) -> Features:
        """All flags; one that was not decided is as in the newest kernel."""
        return replace(CURRENT, **self.decided)

    @property
    def profiles(self) -> list[str]:
        """The profiles that behave alike in everything; none if something was not decided."""
        return [] if self.undecided else matching_profiles(self.decided)

    @property
    def nearest(self) -> list[str]:
        """The profiles with which the fewest of the decided flags disagree; all behave alike."""
        best = min(PROFILES.values(), key=lambda features: len(self._apart(features)))
        return [name for name, features in PROFILES.items() if features == best]

    def apart(self) -> list[Change]:
        """Return the changes in which the decided flags disagree with the nearest profile."""
        return self._apart(PROFILES[self.nearest[0]])

    def _apart(self, profile: Features) -> list[Change]:
        return differences(profile, replace(profile, **self.decided))

    def words(self) -> str:
        """Say in one line which profile it is, or which it is near to."""
        if self.profiles:
            return f"{', '.join(self.profiles)}{': same behaviour' * (len(self.profiles) > 1)}"
        names = ", ".join(e.feature for e in self.undecided)
        said = f"unknown: {names} not decided" if names else "no known profile"
        apart = ", ".join(change.feature for change in self.apart())
        nearest = f"nearest: {', '.join(self.nearest)}"
        return f"{said}; {nearest}{f'; differing in {apart}' if apart else ''}"

    def against_nearest(self) -> list[str]:
        """Say in words what differs from the nearest profile, one sentence for each change."""
        nearest = PROFILES[self.nearest[0]]
        return describe(nearest, replace(nearest, **self.decided))
