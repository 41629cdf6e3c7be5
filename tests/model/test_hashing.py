# SPDX-License-Identifier: GPL-2.0-or-later
from hypothesis import given
from hypothesis import strategies as st

from hhf_testbed.model.hashing import filter_positions, table_slot

U32 = st.integers(0, 2**32 - 1)


def test_the_hash_is_cut_in_three_tens_and_a_rest_of_two_bits() -> None:
    hash_ = 0b10_0000000011_0000000101_0000001001
    assert filter_positions(hash_) == [9, 5, 3, 9 ^ 5 ^ 3 ^ 2]


def test_the_fourth_index_stays_below_1024_even_with_all_bits_set() -> None:
    assert filter_positions(2**32 - 1) == [1023, 1023, 1023, 1023 ^ 3]


@given(U32)
def test_the_four_indices_give_the_hash_back_so_sharing_all_four_means_one_flow(hash_: int) -> None:
    first, second, third, fourth = filter_positions(hash_)
    rest = first ^ second ^ third ^ fourth
    assert rest << 30 | third << 20 | second << 10 | first == hash_
    assert 0 <= fourth < 1024


@given(U32)
def test_flows_of_one_table_slot_share_their_first_counter(hash_: int) -> None:
    assert table_slot(hash_) == filter_positions(hash_)[0]
