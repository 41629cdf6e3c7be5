# SPDX-License-Identifier: GPL-2.0-or-later
"""Made-up claims and outcomes."""

from collections.abc import Callable

import pytest

from hhf_testbed.model import CURRENT
from hhf_testbed.model.features import Features
from hhf_testbed.regress.claim import Claim
from hhf_testbed.regress.outcome import Outcome, Seen, judge

Make = Callable[..., Outcome]


def nothing(_: object) -> None:
    """The check of a made-up claim."""


@pytest.fixture
def outcome() -> Make:
    def make(
        area: str = "area",
        name: str = "name",
        status: str = "holds",
        *,
        needs: str = "",
        features: Features = CURRENT,
        **seen: object,
    ) -> Outcome:
        text = f"{name} is claimed.\n\n    Because of arithmetic."
        claim = Claim(area, name, text, nothing, needs)
        return judge(claim, Seen(status, **seen), features)  # type: ignore[arg-type]

    return make
