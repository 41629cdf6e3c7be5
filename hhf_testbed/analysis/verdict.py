# SPDX-License-Identifier: GPL-2.0-or-later
"""What a verdict is. Always one of three: a claim that could not be tested was not supported."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

Verdict = Literal["supported", "refuted", "lab failure"]

SUPPORTED: Final = "supported"
REFUTED: Final = "refuted"
LAB_FAILURE: Final = "lab failure"


@dataclass(frozen=True)
class Claim:
    """One claim and what a run says about it.

    Attributes:
        name: a short word for it, such as "delay".
        text: what is claimed.
        bound: what must be measured for it to be supported, and where that number comes from.
        refuted_if: what would have refuted it.
        measured: what was measured, with units.
        verdict: one of three.
        doubts: why nothing was learned, one sentence each; empty unless it is a lab failure.
    """

    name: str
    text: str
    bound: str
    refuted_if: str
    measured: str
    verdict: Verdict
    doubts: tuple[str, ...] = ()


def verdict(*, holds: bool, doubts: Sequence[str]) -> Verdict:
    """The verdict for a bound that holds or not, in a run about which there may be doubts."""
    if doubts:
        return LAB_FAILURE
    return SUPPORTED if holds else REFUTED


def exit_status(claims: Iterable[Claim]) -> int:
    """0 if all claims are supported, 1 if one is refuted, 2 if nothing may be concluded.

    One lab failure makes it 2 whatever else was found: in a lab that failed in one respect, a
    refutation may be its next symptom. No claims at all is a lab failure too.
    """
    verdicts = {claim.verdict for claim in claims}
    if LAB_FAILURE in verdicts or not verdicts:
        return 2
    return 1 if REFUTED in verdicts else 0
