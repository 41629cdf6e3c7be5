# SPDX-License-Identifier: GPL-2.0-or-later
import pytest

from hhf_testbed.errors import RequestError
from hhf_testbed.model.jiffies import (
    MAX_JIFFY_OFFSET,
    initial_jiffies,
    jiffies_to_usecs,
    time_before,
    usecs_to_jiffies,
)

# (microseconds, ticks stored in a u32, microseconds shown again), printed by a C program made of
# the text of include/linux/jiffies.h and kernel/time/time.c, Linux 6.12.117.
REFERENCE = {
    100: [
        (0, 0, 0),
        (1, 1, 10000),
        (40000, 4, 40000),
        (1000000, 100, 1000000),
        (4294947296, 429495, 4294950000),
        (4294947297, 4294967294, 4294947296),
        (4294967295, 4294967294, 4294947296),
    ],
    250: [
        (0, 0, 0),
        (1, 1, 4000),
        (4000, 1, 4000),
        (4001, 2, 8000),
        (40000, 10, 40000),
        (4294959296, 1073740, 4294960000),
        (4294959297, 4294967294, 4294959296),
        (4294967295, 4294967294, 4294959296),
    ],
    300: [
        (0, 0, 0),
        (1, 1, 3333),
        (3333, 1, 3333),
        (3334, 2, 6666),
        (40000, 12, 40000),
        (1431649098, 429495, 1431650000),
        (1431649099, 4294967294, 1431649098),
        (4294967295, 4294967294, 1431649098),
    ],
    1000: [
        (0, 0, 0),
        (1, 1, 1000),
        (4001, 5, 5000),
        (1000000, 1000, 1000000),
        (4294965296, 4294966, 4294966000),
        (4294965297, 4294967294, 4294965296),
        (4294967295, 4294967294, 4294965296),
    ],
}


@pytest.mark.parametrize("hz", REFERENCE)
def test_times_become_ticks_and_microseconds_again_as_in_the_kernel(hz: int) -> None:
    rows = [(us, usecs_to_jiffies(us, hz)) for us, _, _ in REFERENCE[hz]]
    assert [(us, j, jiffies_to_usecs(j, hz)) for us, j in rows] == REFERENCE[hz]


def test_for_ever_is_half_of_the_longest_long_minus_one() -> None:
    assert MAX_JIFFY_OFFSET == ((2**63 - 1) >> 1) - 1  # include/linux/jiffies.h


@pytest.mark.parametrize(("hz", "first"), [(100, 2**32 - 30000), (250, 2**32 - 75000)])
def test_the_clock_starts_300_seconds_before_it_wraps(hz: int, first: int) -> None:
    assert initial_jiffies(hz) == first


@pytest.mark.parametrize(
    ("a", "b", "before"),
    [
        (5, 6, True),
        (6, 6, False),
        (7, 6, False),
        (2**32 - 1, 0, True),
        (0, 2**32 - 1, False),
        (0, 2**31 - 1, True),
        (0, 2**31, True),
        (0, 2**31 + 1, False),
    ],
)
def test_before_is_strict_and_survives_the_wrap(a: int, b: int, before: bool) -> None:
    assert time_before(a, b) is before


@pytest.mark.parametrize("hz", [0, -250, 60, 999])
def test_a_hz_no_kernel_has_is_refused_by_name(hz: int) -> None:
    with pytest.raises(RequestError, match=f"hz is {hz}; .* 100, 250, 300, 1000"):
        initial_jiffies(hz)
