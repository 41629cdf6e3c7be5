# SPDX-License-Identifier: GPL-2.0-or-later
"""For each test a kernel cache of its own, an apt that answers from memory, a quick builder."""

from pathlib import Path

import pytest

from hhf_testbed.errors import LabFailure
from hhf_testbed.kernels import apt, private_apt
from hhf_testbed.kernels.apt import Offer
from hhf_testbed.kernels.obtain import Builder
from hhf_testbed.kernels.order import Order
from hhf_testbed.kernels.recipe import Recipe
from hhf_testbed.progress import Reporter

OFFERS = [Offer("6.1", "6.1.192-2", 139, "aa"), Offer("6.12", "6.12.117-1~deb12u1", 153, "bb")]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HHF_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(apt, "offers", lambda: OFFERS)
    monkeypatch.setattr(private_apt, "mirror", _no_network)
    return tmp_path / "cache"


def _no_network() -> str:
    raise LabFailure("no network in tests")


@pytest.fixture
def built() -> list[str]:
    """Names of the kernels that the fake builder has built."""
    return []


@pytest.fixture
def builder(built: list[str]) -> Builder:
    def build(order: Order, recipe: Recipe, work: Path, _: Reporter) -> str:
        built.append(recipe.directory_name)
        fill(work)
        return f"{order.source.series}.117"

    return build


def fill(work: Path) -> None:
    """What a builder leaves behind, in small."""
    for name in ("modules", "tree/scripts"):
        (work / name).mkdir(parents=True)
    for name in ("linux", "config", "seeded_getrandom.so", "modules/sch_hhf.ko", "tree/scripts/x"):
        (work / name).write_text(f"content of {name}")
