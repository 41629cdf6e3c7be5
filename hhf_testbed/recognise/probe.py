# SPDX-License-Identifier: GPL-2.0-or-later
"""A probe: a scenario in which the model with a feature and the model without it differ.

The kernel plays it once. The variant of the model that agrees with the recording, in every
departure, answer and count, is the kernel's. If both agree or neither does, nothing is claimed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from hhf_testbed.conform.compare import Verdict, compare
from hhf_testbed.conform.history import history_text
from hhf_testbed.conform.recording import Recording
from hhf_testbed.conform.scenario import Scenario
from hhf_testbed.model import Features
from hhf_testbed.recognise.evidence import Evidence

KEY_BYTES: Final = 16
"""Of siphash (``siphash_key_t``)."""
NO_KEY: Final = bytes(KEY_BYTES)


@dataclass(frozen=True)
class Probe:
    """One question to a kernel.

    Attributes:
        feature: the flag of ``Features`` that the answer decides.
        asked: what is done to the kernel, in words.
        scenario: the same, step by step.
        held: flags that the model has to have here, whatever the kernel has.
        needs: the flag without which the kernel cannot have this one, nor be asked for it.
    """

    feature: str
    asked: str
    scenario: Scenario
    held: Mapping[str, bool] = field(default_factory=dict)
    needs: str = ""

    def judge(self, recording: Recording, hz: int, found: Features) -> Evidence:
        """Return what a recording of the scenario says about the feature.

        Args:
            recording: what the kernel did.
            hz: of the kernel.
            found: the flags that are known by now; the others are those of the newest kernel.
        """
        usable = _with_usable_key(recording)
        verdicts = {
            value: compare(usable, hz, features=features, history=True)
            for value, features in self._variants(found)
        }
        agreeing = [value for value, verdict in verdicts.items() if not verdict.difference]
        if len(agreeing) == 1:
            value = agreeing[0]
            seen = f"{self.asked}: {_first(verdicts[not value])} {_variant(not value)} it"
            return Evidence(self.feature, value, seen)
        count = "both variants of the model agree" if agreeing else "no variant of the model agrees"
        return Evidence(self.feature, None, f"{self.asked}: {count}", self._text(verdicts))

    def _variants(self, found: Features) -> list[tuple[bool, Features]]:
        values = (True, False)
        return [(v, replace(found, **{**self.held, self.feature: v})) for v in values]

    def _text(self, verdicts: Mapping[bool, Verdict]) -> str:
        return "\n".join(
            f"the model {_variant(value)} {self.feature}:\n{history_text(self.scenario, verdict)}"
            for value, verdict in verdicts.items()
        )


def _variant(value: bool) -> str:
    return "with" if value else "without"


def _first(verdict: Verdict) -> str:
    """Return the first thing that differs, without the place and without reasons."""
    surroundings = r"^step \d+(, a sample)?: | where the kernel did not: .*"
    return re.sub(surroundings, "", verdict.difference).split("; ")[0]


def _with_usable_key(recording: Recording) -> Recording:
    """Replace the key of another hash: any hashes do that tell the few flows apart."""
    return recording if len(recording.key) == KEY_BYTES else replace(recording, key=NO_KEY)
