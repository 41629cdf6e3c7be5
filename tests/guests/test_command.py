# SPDX-License-Identifier: GPL-2.0-or-later
"""What may be asked of a guest."""

from pathlib import Path
from typing import Any

import pytest

from hhf_testbed.errors import RequestError
from hhf_testbed.guests.command import GuestCommand


def command(**values: Any) -> GuestCommand:
    return GuestCommand(**{"argv": ("true",), "output": Path("/tmp"), **values})


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("seed", (0, 2**64 - 1)),
        ("memory_mib", (128, 65_536)),
        ("deadline_s", (0.001, 1e9)),
        ("wall_deadline_s", (0.001, 1e9)),
        ("clock", ("virtual", "real")),
    ],
)
def test_the_ends_of_each_range_are_allowed(name: str, values: tuple[Any, ...]) -> None:
    for value in values:
        assert getattr(command(**{name: value}), name) == value


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("seed", -1, "0 to 18446744073709551615"),
        ("seed", 2**64, "0 to 18446744073709551615"),
        ("memory_mib", 127, "128 to 65536"),
        ("memory_mib", 65_537, "128 to 65536"),
        ("deadline_s", 0, "above 0 to 1e9"),
        ("deadline_s", 1.1e9, "above 0 to 1e9"),
        ("deadline_s", float("nan"), "above 0 to 1e9"),
        ("wall_deadline_s", 0, "above 0 to 1e9"),
        ("wall_deadline_s", float("inf"), "above 0 to 1e9"),
        ("clock", "wall", "virtual, real"),
    ],
)
def test_a_value_out_of_range_is_named_with_what_is_allowed(
    name: str, value: Any, allowed: str
) -> None:
    with pytest.raises(RequestError) as refusal:
        command(**{name: value})
    assert str(refusal.value).startswith(f"{name} is {value!r}; allowed")
    assert str(refusal.value).endswith(allowed)


def test_a_guest_without_a_command_is_refused() -> None:
    with pytest.raises(RequestError, match="no command; allowed is a program and arguments"):
        command(argv=())
