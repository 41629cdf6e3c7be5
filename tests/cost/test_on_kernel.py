# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel's own hhf is measured on the traffic that the model gets."""

import pytest

from hhf_testbed.compiled.benchmark import HEAVY_FLOWS, MIXES
from hhf_testbed.cost import KernelCost, kernel_cost
from hhf_testbed.errors import LabFailure
from hhf_testbed.kernels import Kernel


@pytest.mark.guest
def test_each_mix_costs_time_in_each_phase_and_loses_no_packet(kernel: Kernel) -> None:
    measured = KernelCost.of(kernel).measure(packets=1)  # raises if a packet is lost
    assert set(measured) == set(MIXES)
    for mix in measured.values():
        assert mix.wall_ns > 0
        assert min(mix.phases_ns.values()) > 0
        assert mix.cpu_ns == pytest.approx(mix.phases_ns["enqueue"] + mix.phases_ns["dequeue"])


@pytest.mark.guest
def test_the_kernel_classifies_that_traffic_as_the_model_does(kernel: Kernel) -> None:
    measured = KernelCost.of(kernel).measure(packets=1)
    assert {mix: found.admitted for mix, found in measured.items()} == {
        "bulk": HEAVY_FLOWS,
        "light": 0,
    }


@pytest.mark.guest
def test_a_queue_that_stands_too_high_is_found_by_its_drops(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel_cost, "STANDING", 990)
    with pytest.raises(LabFailure, match="allowed is no loss"):
        KernelCost.of(kernel).measure(packets=1)


@pytest.mark.guest
def test_a_guest_that_fails_says_why(kernel: Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_cost, "BURST", 0)
    with pytest.raises(LabFailure, match="ended with status 1; it said: insmod"):
        KernelCost.of(kernel).measure(packets=1)
