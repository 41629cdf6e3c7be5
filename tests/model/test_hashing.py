# SPDX-License-Identifier: GPL-2.0-or-later
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hhf_testbed.model.flow_table import FlowTable
from hhf_testbed.model.hashing import filter_positions, table_slot
from hhf_testbed.model.multistage_filter import MultistageFilter

U32 = st.integers(0, 2**32 - 1)


def test_the_table_has_1024_slots_and_the_filter_four_arrays_of_1024_counters() -> None:
    assert len(FlowTable().chains) == 1024  # HH_FLOWS_CNT
    arrays = MultistageFilter(0).arrays  # HHF_ARRAYS_CNT, HHF_ARRAYS_LEN
    assert [len(array.counters_bytes) for array in arrays] == [1024] * 4


def test_the_hash_is_cut_in_three_tens_and_a_rest_of_two_bits() -> None:
    hash_ = 0b10_0000000011_0000000101_0000001001
    assert filter_positions(hash_) == [9, 5, 3, 9 ^ 5 ^ 3 ^ 2]


@pytest.mark.parametrize("rest", range(4))
def test_the_two_left_over_bits_change_the_fourth_index_alone_by_xor(rest: int) -> None:
    assert filter_positions(rest << 30 | 1) == [1, 0, 0, 1 ^ rest]
    assert filter_positions(rest << 30 | 2 << 20 | 1 << 10) == [0, 1, 2, 3 ^ rest]


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
