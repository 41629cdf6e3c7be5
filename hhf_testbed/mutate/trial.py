# SPDX-License-Identifier: GPL-2.0-or-later
"""One fault on the bench: built as a module, and put before the suite."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from hhf_testbed.conform import tools
from hhf_testbed.conform.lab import Lab
from hhf_testbed.errors import LabFailure
from hhf_testbed.kernel_modules import make_module
from hhf_testbed.model.features import Features
from hhf_testbed.mutate.fault import Fault
from hhf_testbed.regress.claim import Claim
from hhf_testbed.regress.conformance import Drawn
from hhf_testbed.regress.outcome import BAD, Outcome, Status
from hhf_testbed.regress.suite_run import SuiteRun

NONE = Fault("none", "file", 0, 0, 0, b"", "", "")
"""Leaves the source as it is."""


class Fate(StrEnum):
    """What became of a fault."""

    KILLED = "killed"
    """A claim that somebody wrote was refuted."""
    KILLED_BY_CHANCE = "killed by random scenarios alone"
    SURVIVED = "survived"
    UNBUILT = "does not compile"


@dataclass(frozen=True)
class Tried:
    """A fault and what became of it; ``by`` is the first claim that was refuted, ``seen`` why."""

    fault: Fault
    fate: Fate
    by: str = ""
    seen: str = ""


@dataclass(frozen=True)
class Bench:
    """What faults are tried on.

    Attributes:
        lab: the kernel with its own sch_hhf.
        source: the unchanged source.
        features: what the kernel is known to have.
        claims: the suite, in the order to try.
        drawn: random scenarios, tried when no claim was refuted.
        seed: of everything random.
    """

    lab: Lab
    source: bytes
    features: Features
    claims: Sequence[Claim]
    drawn: Sequence[Drawn]
    seed: int

    def check(self) -> None:
        """Run the suite without any fault. Raises LabFailure if a claim is refuted even so."""
        with tempfile.TemporaryDirectory(prefix="hhf-fault-") as name:
            lab = self._lab(NONE, Path(name))  # that it compiles at all is part of it
            run = SuiteRun(lab, self.features, self.seed, until_bad=True)
            outcomes = run.run(self.claims, self.drawn)
        bad = [one for one in outcomes if one.status in (*BAD, Status.BROKEN)]
        if bad:
            raise LabFailure(
                f"without any fault {bad[0].claim.id} is refuted already, so that faults would "
                "teach nothing; 'hhf regress' says more"
            )

    def try_fault(self, fault: Fault, cpu: int, wanted: Callable[[], bool]) -> Tried:
        """Build the module and run the suite until the first refuted claim.

        Raises:
            LabFailure: the lab failed; a source that does not compile is no failure.
        """
        with tempfile.TemporaryDirectory(prefix="hhf-fault-") as name:
            try:
                lab = self._lab(fault, Path(name))
            except LabFailure as error:
                return Tried(fault, Fate.UNBUILT, seen=str(error))
            for claims, drawn, fate in (
                (self.claims, (), Fate.KILLED), ((), self.drawn, Fate.KILLED_BY_CHANCE),
            ):  # fmt: skip
                if bad := self._first_bad(lab, cpu, claims, drawn, wanted):
                    seen = f"{bad.seen.what}: claimed {bad.seen.claimed}, seen {bad.seen.seen}"
                    return Tried(fault, fate, bad.claim.id, seen)
                if not wanted():
                    raise LabFailure("ended because no more is wanted")
        return Tried(fault, Fate.SURVIVED)

    def _first_bad(
        self,
        lab: Lab,
        cpu: int,
        claims: Sequence[Claim],
        drawn: Sequence[Drawn],
        wanted: Callable[[], bool],
    ) -> Outcome | None:
        run = SuiteRun(lab, self.features, self.seed, until_bad=True, wanted=wanted, cpus=[cpu])
        return next((one for one in run.run(claims, drawn) if one.status in BAD), None)

    def _lab(self, fault: Fault, work: Path) -> Lab:
        """The lab with the faulty module. The key module includes the struct, so it may change."""
        source = work / "sch_hhf.c"
        source.write_bytes(fault.apply(self.source))
        texts = {"sch_hhf.c": source.read_bytes()}
        lab = replace(self.lab, hhf=make_module(self.lab.kernel, "sch_hhf", texts, work / "hhf"))
        if not fault.function:
            texts["hhf_key.c"] = tools.key_source().read_bytes()
            lab = replace(lab, key=make_module(self.lab.kernel, "hhf_key", texts, work / "key"))
        return lab
