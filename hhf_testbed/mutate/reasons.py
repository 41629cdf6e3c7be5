# SPDX-License-Identifier: GPL-2.0-or-later
"""Why some faults survive: a written reason for each, in reasons.toml."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from hhf_testbed.errors import LabFailure
from hhf_testbed.mutate.trial import Fate, Tried
from hhf_testbed.paths import package_dir

FILE: Final = "reasons.toml"


@dataclass(frozen=True)
class Reason:
    """Why a fault cannot be seen; ``equivalent`` if no test could ever see it."""

    text: str
    equivalent: bool


def reasons() -> Mapping[str, Reason]:
    """Return the reasons by the faults' names.

    The file has a table for each reason: ``why``, ``equivalent`` and a list of ``faults``.

    Raises:
        LabFailure: a fault has two reasons.
    """
    data = tomllib.loads((package_dir() / "mutate" / FILE).read_text())
    found: dict[str, Reason] = {}
    for entry in data["reason"]:
        for name in entry["faults"]:
            if name in found:
                raise LabFailure(f"{FILE} gives two reasons for the fault {name!r}")
            found[name] = Reason(entry["why"], entry["equivalent"])
    return found


def unexplained(tried: Sequence[Tried]) -> list[Tried]:
    """Return the survivors without a reason."""
    known = reasons()
    return [one for one in tried if one.fate is Fate.SURVIVED and one.fault.name not in known]


def stale(tried: Sequence[Tried]) -> list[str]:
    """Return the faults that have a reason to survive and did not."""
    known = reasons()
    dead = (Fate.KILLED, Fate.KILLED_BY_CHANCE)
    return [one.fault.name for one in tried if one.fate in dead and one.fault.name in known]
