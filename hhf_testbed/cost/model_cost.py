# SPDX-License-Identifier: GPL-2.0-or-later
"""Measures the model in a process of its own, plain or compiled."""

import json
import os
import sys
from dataclasses import dataclass
from typing import Final

from hhf_testbed import compiled, paths, proc
from hhf_testbed.compiled import recipe
from hhf_testbed.compiled.finder import PLAIN
from hhf_testbed.cost.measured import Measured
from hhf_testbed.errors import LabFailure

DEADLINE_S: Final = 1200.0
"""Ten million packets, which is the most that can be asked for, take the plain model 60 s."""


@dataclass(frozen=True)
class ModelCost:
    """The model: the compiled one, which must have been made, or the plain one."""

    compiled: bool
    hz: int

    def measure(self, packets: int) -> dict[str, Measured]:
        """Return what each mix costs; at least so many packets of each.

        Raises:
            LabFailure: the model cannot be run, or it is not the one that was asked for.
        """
        argv = [sys.executable, "-P", "-m", f"{compiled.__name__}.benchmark"]
        environment = os.environ | {
            "PYTHONPATH": str(paths.package_dir().parent),
            PLAIN: "" if self.compiled else "1",
        }
        try:
            told = proc.run(
                [*argv, str(packets), str(self.hz)], deadline_s=DEADLINE_S, env=environment
            ).stdout
        except LabFailure as error:
            raise self._explained(error) from error
        said = json.loads(told)
        if said["compiled"] != self.compiled:
            raise LabFailure("the model's source changed meanwhile; run it again")
        return {mix: Measured(**values) for mix, values in said["mixes"].items()}

    def _explained(self, error: LabFailure) -> LabFailure:
        if not self.compiled:
            return error
        return LabFailure(
            f"the compiled model in {recipe.directory()} cannot be used "
            f"({str(error).splitlines()[-1].strip()}); remove that directory, and "
            "'hhf model compile' makes it again"
        )
