# SPDX-License-Identifier: GPL-2.0-or-later
"""The model in the kernel's place, flow hash included: what it plays is what a kernel would do."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hhf_testbed.conform import predict as predict_module
from hhf_testbed.conform.lab import GuestLost
from hhf_testbed.conform.predict import predict
from hhf_testbed.conform.recording import Recording
from hhf_testbed.conform.scenario import Scenario
from hhf_testbed.kernels import Kernel
from hhf_testbed.model import Features, LockupError
from hhf_testbed.recognise.hashing import seed_hashes

HZ = 250
KEY = bytes(range(1, 17))
SHORT_KEY = KEY[:4]
KERNEL = Kernel("modelled", "6.12-modelled", HZ, "", "key", "", Path("/nowhere"))


@dataclass
class ModelledLab:
    """Takes the place of ``conform.lab.Lab``."""

    features: Features
    kernel: Kernel = KERNEL
    hhf: Path = Path(__file__)
    guests: int = 0

    def play(self, scenarios: Sequence[Scenario], **_: Any) -> list[Recording]:
        """Play, or be lost as a guest whose kernel hangs."""
        self.guests += 1
        try:
            return [self._recording(scenario) for scenario in scenarios]
        except LockupError as lockup:
            raise GuestLost("the guest did not end within 5 s of wall time") from lockup

    def _recording(self, scenario: Scenario) -> Recording:
        if self.features.hash_siphash:
            return predict(scenario, HZ, key=KEY, features=self.features)
        with pytest.MonkeyPatch.context() as patch:
            hashed = _jhash_like if self.features.hash_dissected else seed_hashes
            patch.setattr(predict_module, "flow_hashes", hashed)
            return predict(scenario, HZ, key=SHORT_KEY, features=self.features)


def _jhash_like(flows: int, key: bytes) -> list[int]:
    """Some hash that is neither siphash nor that of 2013, but also of a secret of 32 bits."""
    return [hash_ ^ 0x5A5A5A5A for hash_ in seed_hashes(flows, key[::-1])]
