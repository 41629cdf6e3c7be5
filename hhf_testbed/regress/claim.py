# SPDX-License-Identifier: GPL-2.0-or-later
"""What a claim is, and the list of all of them.

A claim is a function in ``suite`` that gets a ``Rig`` and raises ``Refuted`` when the kernel does
something else. Its name and the first line of its docstring say what is claimed; the rest of the
docstring holds the arithmetic behind its numbers.
"""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from inspect import getdoc
from typing import TYPE_CHECKING, Final

from hhf_testbed.model.features import feature_names
from hhf_testbed.regress import suite

if TYPE_CHECKING:
    from hhf_testbed.regress.rig import Rig

Check = Callable[["Rig"], None]


@dataclass(frozen=True)
class Claim:
    """One claim.

    Attributes:
        area: the kind of behaviour, which is the name of its file.
        name: the function's name.
        text: the function's docstring.
        check: the function.
        needs: the feature (model/features.py) of which a kernel is known to lack the fix; there the
            claim must fail.
        wall_s: how long it may take by the host's clock.
        alone: it wants a guest of its own, just booted.
    """

    area: str
    name: str
    text: str
    check: Check
    needs: str = ""
    wall_s: float = 10.0
    alone: bool = False

    @property
    def id(self) -> str:
        """Area and name, which no other claim has."""
        return f"{self.area}.{self.name}"

    @property
    def title(self) -> str:
        """What is claimed, in one line."""
        return self.text.strip().splitlines()[0]


_claims: Final[dict[str, Claim]] = {}


def claim(
    *, needs: str = "", wall_s: float = 10.0, alone: bool = False
) -> Callable[[Check], Check]:
    """Enter a function of ``suite`` into the list. See ``Claim`` for the arguments."""

    def enter(check: Check) -> Check:
        area = check.__module__.rpartition(".")[2]
        made = Claim(area, check.__name__, getdoc(check) or "", check, needs, wall_s, alone)
        if not made.text:
            raise TypeError(f"{made.id} has no docstring, so it claims nothing")
        if needs and needs not in feature_names():
            raise TypeError(f"{made.id} needs {needs!r}, which is no feature")
        if made.id in _claims:
            raise TypeError(f"there are two claims {made.id}")
        _claims[made.id] = made
        return check

    return enter


def all_claims() -> list[Claim]:
    """Return every claim, sorted by area; within one in the order of the file."""
    for module in sorted(found.name for found in pkgutil.iter_modules(suite.__path__)):
        importlib.import_module(f"{suite.__name__}.{module}")
    return sorted(_claims.values(), key=lambda one: one.area)
