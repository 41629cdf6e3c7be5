# SPDX-License-Identifier: GPL-2.0-or-later
"""Asks a kernel all questions: the harmless ones in one guest, each risky group in its own."""

import os
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from hhf_testbed.conform.lab import GuestLost, Lab
from hhf_testbed.conform.recording import Recording
from hhf_testbed.model import CURRENT, Features
from hhf_testbed.model.features import CHANGES
from hhf_testbed.recognise import hashing, memory
from hhf_testbed.recognise.evidence import Evidence
from hhf_testbed.recognise.probe import Probe
from hhf_testbed.recognise.probes import HARMLESS, RISKY
from hhf_testbed.recognise.recognised import Recognised

LEAST_DEADLINE_S: Final = 5.0
SLOWER: Final = 5
"""A guest that takes so many times as long as one with all harmless probes hangs."""
HARMLESS_DEADLINE_S: Final = 60.0


def recognise(lab: Lab) -> Recognised:
    """Return which features the kernel has; only the first time is it asked.

    Raises:
        LabFailure: a guest failed. One that hangs or panics over a risky question is no failure.
    """
    known = memory.remembered(lab.kernel, lab.hhf)
    if known is None:
        known = Inquiry(lab).conduct()
        memory.remember(lab.kernel, lab.hhf, known)
    return known


class Inquiry:
    """One kernel under questioning."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._cpu = min(os.sched_getaffinity(0))
        self._found: dict[str, Evidence] = {}

    def conduct(self) -> Recognised:
        """Ask everything. Raises LabFailure."""
        scenarios = [hashing.SCENARIO, *(probe.scenario for probe in HARMLESS)]
        started = time.monotonic()
        crowd, *recordings = self._lab.play(
            scenarios, cpu=self._cpu, wall_deadline_s=HARMLESS_DEADLINE_S
        )
        deadline_s = max(LEAST_DEADLINE_S, SLOWER * (time.monotonic() - started))
        self._judge(HARMLESS, recordings)
        for one in hashing.judge(crowd, self._lab.kernel.hz, self._features()):
            self._found[one.feature] = one
        for group in RISKY:
            self._risk(group, deadline_s)
        return Recognised([self._found[change.feature] for change in CHANGES])

    def _features(self) -> Features:
        return replace(
            CURRENT, **{e.feature: e.value for e in self._found.values() if e.value is not None}
        )

    def _judge(self, probes: Sequence[Probe], recordings: Sequence[Recording]) -> None:
        for probe, recording in zip(probes, recordings, strict=True):
            self._found[probe.feature] = self._implied(probe) or probe.judge(
                recording, self._lab.kernel.hz, self._features()
            )

    def _implied(self, probe: Probe) -> Evidence | None:
        """Return that a feature is missing because that on which it builds is."""
        if not probe.needs or self._found[probe.needs].value is not False:
            return None
        return Evidence(probe.feature, False, f"implied: there is no {probe.needs}")

    def _risk(self, probes: Sequence[Probe], deadline_s: float) -> None:
        scenarios = [probe.scenario for probe in probes]
        try:
            recordings = self._lab.play(scenarios, cpu=self._cpu, wall_deadline_s=deadline_s)
        except GuestLost as lost:
            first, *others = probes
            said, _, _ = str(lost).partition(";")
            seen = f"{first.asked}: {said}"
            self._found[first.feature] = Evidence(first.feature, False, seen, str(lost))
            for probe in others:
                self._found[probe.feature] = self._implied(probe) or Evidence(
                    probe.feature, None, f"{probe.asked}: the kernel was lost before", str(lost)
                )
        else:
            self._judge(probes, recordings)
