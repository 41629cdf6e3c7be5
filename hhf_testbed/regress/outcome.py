# SPDX-License-Identifier: GPL-2.0-or-later
"""What came of a claim."""

from dataclasses import dataclass
from enum import StrEnum

from hhf_testbed.model.features import CHANGES, Change, Features
from hhf_testbed.regress.claim import Claim


class Status(StrEnum):
    """What came of a claim, with what this kernel is known to lack taken into account."""

    HOLDS = "holds"
    REFUTED = "refuted"
    KNOWN = "known bug"
    """It fails, as it must on this kernel."""
    FIXED = "fixed"
    """It holds on a kernel known to lack the fix: the list of known bugs is out of date."""
    BROKEN = "broken"
    """The claim itself failed; nothing was learned."""


BAD = frozenset({Status.REFUTED, Status.FIXED})


@dataclass(frozen=True)
class Seen:
    """What was seen of one claim.

    Attributes:
        status: "holds", "refuted" or "broken".
        what, claimed, seen: of the comparison that failed, as text.
        diary: what was done and seen before that.
        console: what the kernel said meanwhile.
        guest_s: how long it took by the guest's clock.
    """

    status: str
    what: str = ""
    claimed: str = ""
    seen: str = ""
    diary: tuple[str, ...] = ()
    console: tuple[str, ...] = ()
    guest_s: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """A claim, and what came of it on one kernel."""

    claim: Claim
    seen: Seen
    status: Status

    @property
    def known(self) -> Change | None:
        """The fix that this claim needs, if any."""
        return next((one for one in CHANGES if one.feature == self.claim.needs), None)


def judge(claim: Claim, seen: Seen, features: Features) -> Outcome:
    """Compare what was seen with what this kernel is known to do."""
    lacks = bool(claim.needs) and not getattr(features, claim.needs)
    status = Status(seen.status)
    if lacks and status is Status.REFUTED:
        status = Status.KNOWN
    elif lacks and status is Status.HOLDS:
        status = Status.FIXED
    return Outcome(claim, seen, status)
