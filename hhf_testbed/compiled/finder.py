# SPDX-License-Identifier: GPL-2.0-or-later
"""Puts the compiled model in the place of the plain one, for imports yet to come."""

import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Final

from hhf_testbed.compiled import recipe

PLAIN: Final = "HHF_PLAIN"
"""Set to anything, this variable keeps the model plain."""


class CompiledModel(MetaPathFinder):
    """Finds the compiled modules in one directory."""

    def __init__(self, directory: Path) -> None:
        names = (*recipe.FULL_NAMES, recipe.LIBRARY)
        self._files = {name: directory / f"{name}{EXTENSION_SUFFIXES[0]}" for name in names}

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002 (importlib's signature)
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        """Return where a module of the model is, and nothing for all others."""
        file = self._files.get(fullname)
        if file is None:
            return None
        loader = ExtensionFileLoader(fullname, str(file))
        return spec_from_file_location(fullname, file, loader=loader)


def use() -> bool:
    """Use the compiled model if there is one for the present sources; say whether.

    Must come before the model is imported; where it has been, nothing changes.
    """
    if "hhf_testbed.model" in sys.modules or os.environ.get(PLAIN):
        return in_use()
    directory = recipe.directory()
    if not (directory / recipe.COMPLETE).is_file():
        return False
    use_from(directory)
    return True


def use_from(directory: Path) -> None:
    """Use the compiled model in a directory."""
    sys.meta_path.insert(0, CompiledModel(directory))


def in_use() -> bool:
    """Tell whether the model that was imported is the compiled one."""
    module = sys.modules.get("hhf_testbed.model.qdisc")
    return module is not None and not str(module.__file__).endswith(".py")
