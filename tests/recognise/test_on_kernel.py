# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernels broken on purpose: what was taken away is what the probes find missing, and no more."""

from dataclasses import replace
from pathlib import Path

import pytest
from edits import OOPSES_AT_PEEKED, SPINS_AT_PEEKED, TOLD_ON_CN, WITHOUT, Edit, edited

from hhf_testbed.conform import tools
from hhf_testbed.conform.lab import Lab
from hhf_testbed.kernels import Kernel
from hhf_testbed.model import CURRENT
from hhf_testbed.recognise import Recognised, recognise
from hhf_testbed.recognise.inquiry import Inquiry

FIRST_HALF = (
    "limit_inclusive",
    "hash",
    "peeked_bytes_counted",
    "reset_forgets_flows",
    "quantum_floor",
)
SECOND_HALF = tuple(name for name in WITHOUT if name not in FIRST_HALF)


@pytest.fixture
def intact(kernel: Kernel) -> str:
    """The source of a kernel that has all features: the edits take them away."""
    if recognise(Lab.of(kernel)).features != CURRENT:
        pytest.skip(f"kernel {kernel.release} lacks some features already")
    return tools.own_source(kernel).read_text()


def asked(kernel: Kernel, text: str, edits: list[Edit], tmp_path: Path) -> Recognised:
    source = tmp_path / "sch_hhf.c"
    source.write_text(edited(text, edits))
    return Inquiry(Lab.of(kernel, source)).conduct()


def without(names: tuple[str, ...]) -> list[Edit]:
    return [edit for name in names for edit in WITHOUT[name]]


@pytest.mark.guest
def test_the_first_half_of_the_features_is_found_missing_and_the_other_not(
    kernel: Kernel, intact: str, tmp_path: Path
) -> None:
    found = asked(kernel, intact, without(FIRST_HALF), tmp_path)
    flags = {name for name in FIRST_HALF if name != "hash"} | {"hash_dissected", "hash_siphash"}
    assert found.features == replace(CURRENT, **dict.fromkeys(flags, False))
    assert found.undecided == []
    assert found.profiles == []


@pytest.mark.guest
def test_the_second_half_is_found_missing_and_the_first_not(
    kernel: Kernel, intact: str, tmp_path: Path
) -> None:
    found = asked(kernel, intact, without(SECOND_HALF), tmp_path)
    assert found.features == replace(CURRENT, **dict.fromkeys(SECOND_HALF, False))
    assert found.undecided == []


@pytest.mark.guest
def test_a_kernel_that_tells_its_parent_after_cn_is_recognised(
    kernel: Kernel, intact: str, tmp_path: Path
) -> None:
    found = asked(kernel, intact, TOLD_ON_CN, tmp_path)
    assert found.features == replace(CURRENT, parent_told_on_cn=True)


@pytest.mark.guest
@pytest.mark.parametrize(
    ("edits", "said"),
    [(SPINS_AT_PEEKED, "did not end within"), (OOPSES_AT_PEEKED, "ended")],
    ids=["spins", "oopses"],
)
def test_a_kernel_that_is_lost_over_a_peeked_packet_does_not_trim_it(
    kernel: Kernel, intact: str, tmp_path: Path, edits: list[Edit], said: str
) -> None:
    found = asked(kernel, intact, edits, tmp_path)
    missing = {"peeked_trimmed": False, "peeked_trim_counted": False}
    assert found.features == replace(CURRENT, **missing)
    seen = {e.feature: e.seen for e in found.evidence}
    assert said in seen["peeked_trimmed"]
