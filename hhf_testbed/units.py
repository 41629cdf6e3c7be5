# SPDX-License-Identifier: GPL-2.0-or-later
"""The units of ``tc``: the one place that reads and prints them.

Reading follows ``get_rate``, ``get_time`` and ``get_size`` of iproute2 (tc/tc_util.c,
lib/utils.c): suffixes in any case, a bare rate is bit/s, a bare time is microseconds, a bare size
is bytes, k/m/g of a size are powers of 1024, and k/m/g/t of a rate are powers of 1000 unless an
``i`` follows. It differs from ``tc`` where ``tc`` would guess: a value that is negative, not a
number, not whole in its base unit or too large is refused, never rounded or wrapped.

Printing uses the words of ``print_rate``, ``sprint_time`` and ``print_size`` but never rounds:
where ``tc`` would shorten 12345us to 12.3ms, this prints 12345us. So what is printed reads back as
the same value.
"""

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from hhf_testbed.errors import RequestError

U32_MAX: Final = 2**32 - 1
MAX_RATE_BPS: Final = 10 * 10**12
"""10 Tbit/s. No link is faster; ``tc`` itself stops at 2**64 bytes/s."""
MAX_TIME_US: Final = U32_MAX
"""About 71 minutes 35 s: every time in tc's netlink ABI is a u32 of microseconds."""
MAX_SIZE_BYTES: Final = U32_MAX

_NUMBER: Final = re.compile(r"(\d{1,24}(?:\.\d{0,24})?|\.\d{1,24})(e[+-]?\d{1,2})?([a-z]*)", re.I)

_RATE_BITS: Final[dict[str, Fraction]] = {"": Fraction(1)}
for _power, _prefix in enumerate(("", "k", "m", "g", "t")):
    for _infix, _base in (("", 1000), ("i", 1024)):
        if _prefix or not _infix:
            _RATE_BITS[f"{_prefix}{_infix}bit"] = Fraction(_base**_power)
            _RATE_BITS[f"{_prefix}{_infix}bps"] = Fraction(8 * _base**_power)

_TIME_US: Final[dict[str, Fraction]] = {
    **dict.fromkeys(("s", "sec", "secs"), Fraction(1_000_000)),
    **dict.fromkeys(("ms", "msec", "msecs"), Fraction(1000)),
    **dict.fromkeys(("", "us", "usec", "usecs"), Fraction(1)),
    **dict.fromkeys(("ns", "nsec", "nsecs"), Fraction(1, 1000)),
}

_SIZE_BYTES: Final[dict[str, Fraction]] = {
    **dict.fromkeys(("", "b"), Fraction(1)),
    **dict.fromkeys(("k", "kb"), Fraction(1024)),
    **dict.fromkeys(("m", "mb"), Fraction(1024**2)),
    **dict.fromkeys(("g", "gb"), Fraction(1024**3)),
    "kbit": Fraction(1024, 8),
    "mbit": Fraction(1024**2, 8),
    "gbit": Fraction(1024**3, 8),
}


def parse_rate_bps(text: str) -> int:
    """Read a rate such as ``50mbit`` or ``1.5Gbit`` as bit/s.

    Raises:
        RequestError: not a rate of whole bit/s from 0 to 10 Tbit/s.
    """
    return _read(text, _RATE_BITS, what="rate", base="bit/s", highest=MAX_RATE_BPS)


def parse_time_us(text: str) -> int:
    """Read a time such as ``40ms``, ``0.5s`` or ``500`` as microseconds.

    Raises:
        RequestError: not a time of whole microseconds from 0 to 4294967295.
    """
    return _read(text, _TIME_US, what="time", base="us", highest=MAX_TIME_US)


def parse_time_ns(text: str) -> int:
    """Read a time as nanoseconds; a bare number is still microseconds, as in ``tc``.

    Raises:
        RequestError: not a time of whole nanoseconds from 0 to 4294967295000.
    """
    per_ns = {suffix: 1000 * factor for suffix, factor in _TIME_US.items()}
    return _read(text, per_ns, what="time", base="ns", highest=1000 * MAX_TIME_US)


def parse_size_bytes(text: str) -> int:
    """Read a size such as ``128Kb`` (131072) or ``1514`` as bytes.

    Raises:
        RequestError: not a size of whole bytes from 0 to 4294967295.
    """
    return _read(text, _SIZE_BYTES, what="size", base="bytes", highest=MAX_SIZE_BYTES)


def parse_whole(text: str, *, what: str = "number", highest: int = U32_MAX) -> int:
    """Read a count as ``get_unsigned`` of iproute2 does, decimal or ``0x`` hexadecimal.

    Raises:
        RequestError: not a whole number from 0 to ``highest``.
    """
    if re.fullmatch(r"0x[0-9a-fA-F]{1,16}|[0-9]{1,20}", text.strip(), re.ASCII):
        value = int(text, 16 if "x" in text else 10)
        if value <= highest:
            return value
    raise RequestError(f"{what} is {text!r}; allowed is a whole number from 0 to {highest}")


def format_rate(rate_bps: int) -> str:
    """Print bit/s as ``tc`` does, with the largest unit that is exact: ``50Mbit``."""
    steps = (("Tbit", 10**12), ("Gbit", 10**9), ("Mbit", 10**6), ("Kbit", 1000), ("bit", 1))
    return _print(rate_bps, steps, "rate")


def format_time_us(time_us: int) -> str:
    """Print microseconds as ``tc`` does, with the largest unit that is exact: ``40ms``."""
    return _print(time_us, (("s", 1_000_000), ("ms", 1000), ("us", 1)), "time")


def format_size(size_bytes: int) -> str:
    """Print bytes as ``tc`` does, with the largest unit that is exact: ``128Kb``, ``1514b``."""
    return _print(size_bytes, (("Mb", 1024**2), ("Kb", 1024), ("b", 1)), "size")


def _read(text: str, factors: Mapping[str, Fraction], *, what: str, base: str, highest: int) -> int:
    match = _NUMBER.fullmatch(text.strip())
    if match is None or not text.isascii():
        raise RequestError(f"{what} is {text!r}; allowed is a number and one of {_units(factors)}")
    number, exponent, suffix = match.groups()
    factor = factors.get(suffix.lower())
    if factor is None:
        raise RequestError(f"{what} {text!r} has no known unit; allowed are {_units(factors)}")
    value = Fraction(number + (exponent or "")) * factor
    if value > highest:
        raise RequestError(f"{what} {text!r} is too large; allowed is 0 to {highest} {base}")
    if value.denominator != 1:
        raise RequestError(f"{what} {text!r} is not whole; allowed are whole {base}")
    return int(value)


def _print(value: int, steps: tuple[tuple[str, int], ...], what: str) -> str:
    if value < 0:
        raise RequestError(f"{what} is {value}; allowed is a whole number, 0 or more")
    # Zero divides by everything; it is printed in the base unit, as tc does.
    name, step = next((s for s in steps if value and value % s[1] == 0), steps[-1])
    return f"{value // step}{name}"


def _units(factors: Mapping[str, Fraction]) -> str:
    return ", ".join(name for name in factors if name)
