# SPDX-License-Identifier: GPL-2.0-or-later
"""How one 32-bit flow hash picks a slot of table T and one counter in each array of filter F.

::

    bit  31 30 | 29 ........ 20 | 19 ........ 10 | 9 ......... 0
         rest  |     third      |     second     |    first  (= slot of table T)

    fourth = first XOR second XOR third XOR rest

The two left-over bits are at most 3, so they change only the low bits of the fourth index and
never lift it above 1023. Given the first three indices, the fourth gives the left-over bits back:
two flows that share all four counters have the same hash, and are one flow to HHF. Any three of
the four indices are independent of each other; all four together are not.
"""

from typing import Final

TABLE_SLOTS: Final = 1024  # HH_FLOWS_CNT
ARRAYS: Final = 4  # HHF_ARRAYS_CNT
ARRAY_COUNTERS: Final = 1024  # HHF_ARRAYS_LEN
INDEX_BITS: Final = 10  # HHF_BIT_MASK_LEN
INDEX_MASK: Final = 0x3FF  # HHF_BIT_MASK


def table_slot(hash_: int) -> int:
    """Return the slot of table T (``flow_pos`` in ``hhf_classify``, Linux 6.12.117)."""
    return hash_ & INDEX_MASK


def filter_positions(hash_: int) -> list[int]:
    """Return one counter index per array (``filter_pos`` in ``hhf_classify``, Linux 6.12.117)."""
    first = hash_ & INDEX_MASK
    second = hash_ >> INDEX_BITS & INDEX_MASK
    third = hash_ >> 2 * INDEX_BITS & INDEX_MASK
    rest = hash_ >> 3 * INDEX_BITS
    return [first, second, third, first ^ second ^ third ^ rest]
