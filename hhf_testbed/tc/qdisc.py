# SPDX-License-Identifier: GPL-2.0-or-later
"""A qdisc as a value: what was asked for, checked before anything is sent."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from hhf_testbed.errors import LabFailure, RequestError
from hhf_testbed.params import HhfParams
from hhf_testbed.tc.kinds import KINDS, Kind, Option
from hhf_testbed.units import (
    format_size,
    format_time_us,
    parse_size_bytes,
    parse_time_us,
    parse_whole,
)

_TIME: Final = "_us"
_SIZE: Final = "_bytes"
_FLAGS: Final = {"on": 1, "off": 0, "yes": 1, "no": 0, "true": 1, "false": 0, "1": 1, "0": 0}


@dataclass(frozen=True, slots=True)
class QdiscSpec:
    """One qdisc and the options to set; the kernel chooses all others.

    Attributes:
        kind: one of ``KINDS``.
        options: pairs of name and integer, in the order of the table; a mapping is accepted.

    Raises:
        RequestError: an unknown kind or option, or a value out of its range.
    """

    kind: str
    options: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        kind = _known(self.kind)
        given = dict(kind.always)
        for name, value in dict(self.options).items():
            option = _option(kind, name)
            given[option.name] = _in_range(kind, option, value)
        ordered = tuple((o.name, given[o.name]) for o in kind.options if o.name in given)
        object.__setattr__(self, "options", ordered)
        if self.kind == "hhf":
            HhfParams(**dict(ordered))

    @classmethod
    def of(cls, kind: str, **options: int) -> Self:
        """Build from keywords: ``QdiscSpec.of("hhf", limit_packets=1000)``."""
        return cls(kind, tuple(options.items()))

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Build from the dict that ``to_json`` gives.

        Raises:
            RequestError: keys are missing or unknown, or the values are not allowed.
        """
        if set(data) != {"kind", "options"} or not isinstance(data["options"], Mapping):
            raise RequestError(
                f"a qdisc has the keys {sorted(data)}; allowed are exactly kind and options"
            )
        return cls(data["kind"], tuple(data["options"].items()))

    def to_json(self) -> dict[str, Any]:
        """A dict of plain types; the same qdisc always gives the same dict."""
        return {"kind": self.kind, "options": dict(self.options)}

    def tc_words(self) -> list[str]:
        """The kind and options as arguments of ``tc``; times and flags in its own notation."""
        words = [self.kind]
        for name, value in self.options:
            option = _option(KINDS[self.kind], name)
            if option.flag:
                words.append(option.word if value else f"no{option.word}")
            else:
                # hhf reads sizes without suffix (hhf-facts, 2), so sizes stay bare for all.
                shown = format_time_us(value) if name.endswith(_TIME) else str(value)
                words += [option.word, shown]
        return words

    def keywords(self) -> dict[str, int]:
        """The options as keyword arguments of pyroute2's ``IPRoute.tc``."""
        return {_option(KINDS[self.kind], name).keyword: value for name, value in self.options}

    def __str__(self) -> str:
        shown = (f"{name}={_shown(name, value)}" for name, value in self.options)
        return " ".join((self.kind, *shown))


def parse_qdisc(text: str) -> QdiscSpec:
    """Read ``hhf limit=1000 admit_bytes=128Kb evict_timeout=1s``, or the same with ``:`` and ``,``.

    An option may have our name or the word of ``tc``; its value may have the units of ``tc``.

    Raises:
        RequestError: an unknown kind or option, one given twice, or a value that is not allowed.
    """
    words = [word for word in re.split(r"[\s,:]+", text) if word]
    kind = _known(words[0] if words else "")
    options: dict[str, int] = {}
    for word in words[1:]:
        name, equals, value = word.partition("=")
        if not equals:
            raise RequestError(f"{word!r} in {text!r} is not an option; allowed is name=value")
        option = _option(kind, name)
        if option.name in options:
            raise RequestError(f"{option.name} is given twice in {text!r}; allowed is once")
        options[option.name] = _parse_value(option, value)
    return QdiscSpec(kind.name, tuple(options.items()))


def compare_options(asked: QdiscSpec, got: Mapping[str, int], *, hz: int) -> list[str]:
    """Each option that the kernel does not have as asked, as one line each; empty if none.

    A time kept in jiffies, codel units or psched ticks is compared with what the kernel makes of
    it (rounding.py): hhf's time-outs come back rounded up to a whole jiffy of ``1/hz`` seconds.
    """
    wrong = []
    for name, value in asked.options:
        option = _option(KINDS[asked.kind], name)
        expected = option.rounded(value, hz)
        if got.get(name) != expected:
            has = _shown(name, got[name]) if name in got else "nothing"
            rounded = "" if expected == value else f" (as the kernel rounds it at HZ {hz})"
            wrong.append(f"{name}: asked {_shown(name, expected)}{rounded}, got {has}")
    return wrong


def compare(asked: QdiscSpec, got: QdiscSpec | Mapping[str, int], *, hz: int) -> None:
    """Check options read back against those asked for.

    Raises:
        LabFailure: lists every difference: option, asked, got.
    """
    values = dict(got.options) if isinstance(got, QdiscSpec) else got
    if wrong := compare_options(asked, values, hz=hz):
        raise LabFailure(f"the kernel's {asked.kind} is not as asked: " + "; ".join(wrong))


def _known(name: object) -> Kind:
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise RequestError(f"unknown qdisc {name!r}; allowed: {', '.join(KINDS)}")
    return kind


def _option(kind: Kind, name: str) -> Option:
    option = kind.option(name)
    if option is None:
        allowed = ", ".join(o.name for o in kind.options) or "none"
        raise RequestError(f"{kind.name} has no option {name!r}; allowed: {allowed}")
    return option


def _in_range(kind: Kind, option: Option, value: object) -> int:
    # bool is an int to Python; True as a queue limit is a mistake.
    if type(value) is int and option.lowest <= value <= option.highest:
        return value
    raise RequestError(
        f"{kind.name} {option.name} is {value!r}; "
        f"allowed is a whole number from {option.lowest} to {option.highest}"
    )


def _parse_value(option: Option, text: str) -> int:
    if option.flag:
        if text.lower() not in _FLAGS:
            raise RequestError(f"{option.name} is {text!r}; allowed is on or off")
        return _FLAGS[text.lower()]
    if option.name.endswith(_TIME):
        return parse_time_us(text)
    if option.name.endswith(_SIZE):
        return parse_size_bytes(text)
    return parse_whole(text, what=option.name)


def _shown(name: str, value: int) -> str:
    if name.endswith(_TIME):
        return format_time_us(value)
    return format_size(value) if name.endswith(_SIZE) else str(value)
