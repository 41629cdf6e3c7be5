# SPDX-License-Identifier: GPL-2.0-or-later
"""What was found out about one feature, and how."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Evidence:
    """The answer to one probe.

    Attributes:
        feature: the flag of ``Features``.
        value: whether the kernel has it; None if the probe did not decide.
        seen: how that was seen, or why it could not be, in one sentence.
        history: of a probe that did not decide, both variants of the model beside the kernel.
    """

    feature: str
    value: bool | None
    seen: str
    history: str = ""
