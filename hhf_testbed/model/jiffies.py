# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernel time: ticks of 1/HZ second in 32 bits, which wrap, and their exchange for microseconds.

HHF keeps every time stamp in a ``u32``, so on a 64-bit machine too its clock wraps: first 300
seconds after boot (on purpose, see ``initial_jiffies``), then every 2**32 ticks, which is
198 days at HZ 250. All sums here are therefore taken modulo 2**32.

References: include/linux/jiffies.h, kernel/time/time.c, kernel/time/timeconst.bc, Linux 6.12.117,
on a machine with 64-bit longs.
"""

from typing import Final

from hhf_testbed.errors import RequestError

U32_MAX: Final = 0xFFFF_FFFF
U64_MAX: Final = 0xFFFF_FFFF_FFFF_FFFF
SIGN_BIT: Final = 0x8000_0000
SUPPORTED_HZ: Final = (100, 250, 300, 1000)
USEC_PER_SEC: Final = 1_000_000
MAX_JIFFY_OFFSET: Final = 0x3FFF_FFFF_FFFF_FFFE  # (LONG_MAX >> 1) - 1


def require_hz(hz: int) -> int:
    """Return ``hz`` if a kernel for x86 or UML can be built with it, or raise ``RequestError``."""
    if hz not in SUPPORTED_HZ:
        allowed = ", ".join(str(choice) for choice in SUPPORTED_HZ)
        raise RequestError(f"hz is {hz!r}; the kernel's choices are {allowed}")
    return hz


def initial_jiffies(hz: int) -> int:
    """Return the clock at boot, ``INITIAL_JIFFIES``: 300 s before the wrap, to expose bugs."""
    return -300 * require_hz(hz) & U32_MAX


def require_stamp(now_jiffies: int) -> int:
    """Return the time if it is one of 32 bits, or raise ``RequestError``."""
    if not 0 <= now_jiffies <= U32_MAX:
        raise RequestError(f"the time is {now_jiffies} jiffies; allowed is 0 to {U32_MAX}")
    return now_jiffies


def time_before(a_jiffies: int, b_jiffies: int) -> bool:
    """Tell whether stamp ``a`` lies strictly before stamp ``b`` (``hhf_time_before``).

    The sign of the 32-bit difference decides, so the answer holds across a wrap as long as the
    two lie less than 2**31 ticks apart.
    """
    return (a_jiffies - b_jiffies) & SIGN_BIT != 0


def jiffies_to_usecs(jiffies: int, hz: int) -> int:
    """Return the microseconds in ``jiffies``, rounded down and cut to 32 bits.

    At HZ 300 a tick is 10000 / 3 microseconds, and the product is first cut to 64 bits.
    """
    denominator = 3 if USEC_PER_SEC % hz else 1
    numerator = USEC_PER_SEC * denominator // hz
    return (jiffies * numerator & U64_MAX) // denominator & U32_MAX


def usecs_to_jiffies(time_us: int, hz: int) -> int:
    """Return the ticks that ``hhf_change`` stores for ``time_us``: rounded up, cut to 32 bits.

    At HZ 300 the kernel multiplies and shifts instead of dividing. A C program made of the kernel's
    text found no difference from this function, at any HZ and for any of the 2**32 values.

    The kernel takes a very long time for "for ever" and answers ``MAX_JIFFY_OFFSET``. Cut to the
    32 bits of HHF's fields that is 0xfffffffe, minus two: such a time-out has always expired. The
    longest that is not, ``jiffies_to_usecs(MAX_JIFFY_OFFSET)``, is 2**32 us less two ticks; at HZ
    300 the cut to 32 bits comes after a division by 3 and leaves 1431649098 us, 24 minutes.
    """
    if time_us > jiffies_to_usecs(MAX_JIFFY_OFFSET, hz):
        return MAX_JIFFY_OFFSET & U32_MAX
    return (time_us * hz + USEC_PER_SEC - 1) // USEC_PER_SEC
