# SPDX-License-Identifier: GPL-2.0-or-later
"""Ways to compare what was seen with what is claimed."""

from collections.abc import Collection
from typing import Any


class Refuted(Exception):  # noqa: N818 (a finding, not an error)
    """The kernel did something else than claimed."""

    def __init__(self, what: str, claimed: str, seen: str) -> None:
        super().__init__(f"{what}: claimed {claimed}, seen {seen}")
        self.what, self.claimed, self.seen = what, claimed, seen


def equal(what: str, seen: object, claimed: object) -> None:
    """Raise Refuted unless both are the same."""
    if seen != claimed:
        raise Refuted(what, _short(claimed), _short(seen))


def within(what: str, seen: float, least: float, most: float) -> None:
    """Raise Refuted unless ``least <= seen <= most``."""
    if not least <= seen <= most:
        raise Refuted(what, f"{least:g} to {most:g}", f"{seen:g}")


def one_of(what: str, seen: object, claimed: Collection[Any]) -> None:
    """Raise Refuted unless it is among them."""
    if seen not in claimed:
        raise Refuted(what, f"one of {_short(list(claimed))}", _short(seen))


def true(what: str, holds: bool, seen: object = "not so") -> None:
    """Raise Refuted unless it holds; ``what`` is the claim."""
    if not holds:
        raise Refuted(what, "that it is so", _short(seen))


def _short(value: object) -> str:
    """Return the value as text, of a long one the beginning and the end."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 400 else f"{text[:250]} ... {text[-130:]}"
