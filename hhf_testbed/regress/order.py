# SPDX-License-Identifier: GPL-2.0-or-later
"""Claims in an order in which the first failure comes early: the first of each area, the second
of each area, and so on.
"""

from collections import Counter
from collections.abc import Sequence

from hhf_testbed.regress.claim import Claim


def interleaved(claims: Sequence[Claim]) -> list[Claim]:
    """Return the same claims in that order."""
    places: Counter[str] = Counter()
    order: dict[str, tuple[int, str]] = {}
    for claim in claims:
        order[claim.id] = (places[claim.area], claim.area)
        places[claim.area] += 1
    return sorted(claims, key=lambda claim: order[claim.id])
