# SPDX-License-Identifier: GPL-2.0-or-later
"""What a kernel may be called: SERIES, SERIES-SUITE, and either with +FRAGMENT behind it."""

import re
from dataclasses import dataclass

from hhf_testbed.errors import RequestError
from hhf_testbed.kernels import fragments
from hhf_testbed.kernels.suites import SUITES

_NAME = re.compile(r"(\d+\.\d+)(?:-([a-z]+))?((?:\+[a-z]+)*)")


@dataclass(frozen=True)
class Name:
    """A kernel's name in its parts; ``suite`` may be empty, ``fragments`` are shipped ones."""

    series: str
    suite: str
    fragments: tuple[str, ...]


def parse(text: str) -> Name:
    """Take a name apart. Raises RequestError that says what a name looks like."""
    found = _NAME.fullmatch(text)
    suite, extra = (found[2] or "", found[3]) if found else ("", "")
    names = tuple(extra.split("+")[1:])
    if not found or suite not in ("", *SUITES) or not set(names) <= set(fragments.optional()):
        raise RequestError(
            f"unknown kernel {text!r}: allowed is a series such as 6.12; behind it one of"
            f" {', '.join(f'-{known}' for known in SUITES)} asks for that Debian suite's, and"
            f" {', '.join(f'+{known}' for known in fragments.optional())} adds that configuration"
        )
    return Name(found[1], suite, names)


def is_plain(text: str) -> bool:
    """Tell whether a name is a series and nothing else."""
    return re.fullmatch(r"\d+\.\d+", text) is not None
