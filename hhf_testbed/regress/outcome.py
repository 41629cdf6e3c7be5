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
    UNTRIED = "not tried"
    """Too many guests were lost before it."""
    BROKEN = "broken"
    """The claim itself failed; nothing was learned."""


BAD = frozenset({Status.REFUTED, Status.FIXED})


@dataclass(frozen=True)
class Seen:
    """What was seen of one claim.

    Attributes:
        status: "holds", "refuted", "untried" or "broken".
        what, claimed, seen: of the comparison that failed, as text.
        diary: what was done and seen before that.
        console: what the kernel said meanwhile.
        guest_s: how long it took by the guest's clock.
        wall_s: how long by the host's, to 0.2 s.
    """

    status: str
    what: str = ""
    claimed: str = ""
    seen: str = ""
    diary: tuple[str, ...] = ()
    console: tuple[str, ...] = ()
    guest_s: float = 0.0
    wall_s: float = 0.0

    def words(self) -> str:
        """What, claimed and seen in one line, as far as they are known."""
        rest = (("claimed", self.claimed), ("seen", self.seen))
        said = ", ".join(f"{name} {value}" for name, value in rest if value)
        return ": ".join(part for part in (self.what, said) if part)


@dataclass(frozen=True)
class Outcome:
    """A claim, and what came of it on one kernel."""

    claim: Claim
    seen: Seen
    status: Status
    seed: int = 1

    @property
    def known(self) -> Change | None:
        """The fix that this claim needs, if any."""
        return next((one for one in CHANGES if one.feature == self.claim.needs), None)

    @property
    def fix(self) -> str:
        """Commit and subject of that fix, as far as there are."""
        change = self.known
        return f"{change.commit} {change.subject}".strip() if change else ""


def judge(claim: Claim, seen: Seen, features: Features, seed: int = 1) -> Outcome:
    """Compare what was seen with what this kernel is known to do."""
    lacks = bool(claim.needs) and not getattr(features, claim.needs)
    status = Status.UNTRIED if seen.status == "untried" else Status(seen.status)
    if lacks and status is Status.REFUTED:
        status = Status.KNOWN
    elif lacks and status is Status.HOLDS:
        status = Status.FIXED
    return Outcome(claim, seen, status, seed)
