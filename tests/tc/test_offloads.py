# SPDX-License-Identifier: GPL-2.0-or-later
import pytest

from hhf_testbed.errors import LabFailure
from hhf_testbed.tc.offloads import MERGING, check_offloads_off, read_offloads


def test_all_off_is_accepted() -> None:
    check_offloads_off("x-eth0", dict.fromkeys(MERGING, False))


def test_a_feature_that_the_kernel_lacks_counts_as_off() -> None:
    check_offloads_off("x-eth0", {"tx-generic-segmentation": False})


@pytest.mark.parametrize("name", MERGING)
def test_each_feature_that_stayed_on_is_named(name: str) -> None:
    with pytest.raises(LabFailure, match=f"x-eth0: asked for all off, still on: {name}$"):
        check_offloads_off("x-eth0", {**dict.fromkeys(MERGING, False), name: True})


def test_other_features_do_not_matter() -> None:
    check_offloads_off("x-eth0", {"rx-checksum": True})


def test_a_missing_interface_is_named() -> None:
    with pytest.raises(LabFailure, match="'nosuch0'"):
        read_offloads("nosuch0")


def test_the_loopback_has_the_features_that_matter_by_name() -> None:
    assert {"tx-tcp-segmentation", "tx-generic-segmentation", "rx-gro"} <= set(read_offloads("lo"))
