# SPDX-License-Identifier: GPL-2.0-or-later
"""Kconfig fragments: the options that are asked for, and whether they were granted.

Kconfig silently drops an option whose dependency is missing, so each one is checked.
Format: Documentation/kbuild/kconfig.rst in the kernel tree (KCONFIG_ALLCONFIG).
"""

import re
from collections.abc import Mapping
from pathlib import Path

from hhf_testbed.errors import LabFailure, RequestError
from hhf_testbed.paths import package_dir

_SET = re.compile(r"CONFIG_(\w+)=(.+)")
_UNSET = re.compile(r"# CONFIG_(\w+) is not set")


def shipped() -> str:
    """Text of the fragments that come with this package, one after the other."""
    files = sorted((package_dir() / "kernels" / "kconfig").glob("*.config"))
    if not files:
        raise LabFailure("the Kconfig fragments of hhf_testbed/kernels/kconfig are missing")
    return "\n".join(file.read_text() for file in files)


def parse(text: str) -> dict[str, str]:
    """Return value by option name without ``CONFIG_``; an option that is not set has value "n".

    Raises RequestError for a line that is neither an option nor a comment, and for an option
    that is asked for twice with different values.
    """
    options: dict[str, str] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, value = _option(line)
        if name and options.setdefault(name, value) != value:
            raise RequestError(f"CONFIG_{name} is asked for as {options[name]} and as {value}")
    return options


def _option(line: str) -> tuple[str, str]:
    if found := _SET.fullmatch(line):
        return found[1], found[2].strip()
    if found := _UNSET.fullmatch(line):
        return found[1], "n"
    if line.startswith("#"):
        return "", ""
    raise RequestError(f"{line!r} is no Kconfig line: CONFIG_NAME=value or a # comment")


def lost(asked: Mapping[str, str], granted: Mapping[str, str]) -> list[str]:
    """Return one text for each option that the configuration does not have as asked for."""
    return [
        f"CONFIG_{name}={value} (is {granted.get(name, 'n')})"
        for name, value in asked.items()
        if granted.get(name, "n") != value
    ]


def check(asked: Mapping[str, str], config: Path) -> None:
    """Raise LabFailure that lists every option of ``asked`` that ``config`` has lost."""
    missing = lost(asked, parse(config.read_text()))
    if missing:
        raise LabFailure(
            f"the kernel's Kconfig refused {len(missing)} of {len(asked)} options, probably"
            f" for a dependency that is missing: {'; '.join(missing)}"
        )
