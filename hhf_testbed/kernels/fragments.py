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


_OPTIONAL = package_dir() / "kernels" / "kconfig" / "optional"

LARGEST_BYTES = 1 << 20
"""A whole .config of a distribution has a quarter of this."""


def shipped() -> str:
    """Text of the fragments that come with this package, one after the other."""
    files = sorted((package_dir() / "kernels" / "kconfig").glob("*.config"))
    if not files:
        raise LabFailure("the Kconfig fragments of hhf_testbed/kernels/kconfig are missing")
    return "\n".join(file.read_text() for file in files)


def optional() -> list[str]:
    """Names of the fragments that come with this package and are added when asked for."""
    return sorted(file.stem for file in _OPTIONAL.glob("*.config"))


def read(name: str) -> tuple[str, str]:
    """Return a short name and the text of a fragment: a shipped one's name, or a file's path.

    Raises RequestError when it cannot be read or is no fragment.
    """
    if name in optional():
        return name, (_OPTIONAL / f"{name}.config").read_text()
    try:
        with Path(name).open("rb") as file:
            text = file.read(LARGEST_BYTES + 1).decode()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise RequestError(
            f"fragment {name!r} cannot be read ({why}); allowed is a file of Kconfig lines, or"
            f" {', '.join(optional())}"
        ) from None
    _check_text(name, text)
    return re.sub(r"[^a-z0-9]+", "-", Path(name).stem.lower()).strip("-") or "file", text


def _check_text(name: str, text: str) -> None:
    if len(text) > LARGEST_BYTES:
        raise RequestError(f"fragment {name!r} has more than {LARGEST_BYTES} bytes")
    try:
        asked = parse(text)
    except RequestError as error:
        raise RequestError(f"fragment {name!r}: {error}") from None
    if not asked:
        raise RequestError(f"fragment {name!r} asks for nothing: it has no CONFIG_ line")
    if "HZ" in asked:
        raise RequestError(f"fragment {name!r} sets CONFIG_HZ, which only --hz can")


def joined(extra: str) -> str:
    """Text of the shipped fragments, in which ``extra`` overrules what it also asks for."""
    if not extra:
        return shipped()
    options = {**parse(shipped()), **parse(extra)}
    return "".join(f"CONFIG_{name}={value}\n" for name, value in options.items())


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
