# SPDX-License-Identifier: GPL-2.0-or-later
"""Each import contract goes red when it is broken."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from hhf_testbed.cli.test import LINTERS

TOP = Path(__file__).resolve().parents[2]

# In a module that the model does not use, so that the model gets nothing from it indirectly.
BREAKS = {
    "layers": ("proc.py", "import hhf_testbed.cli"),
    "model-is-pure": ("model/__init__.py", "import time"),
    "pyroute2-in-tc": ("proc.py", "import pyroute2"),
    "mininet-in-topologies": ("proc.py", "from mininet.net import Mininet"),
    "matplotlib-in-analysis": ("proc.py", "import matplotlib.pyplot"),
    "scapy-in-measure": ("proc.py", "import scapy.all"),
}


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the linter says of a copy of the package with every bad import in it."""
    top = tmp_path_factory.mktemp("copy")
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(TOP / "hhf_testbed", top / "hhf_testbed", ignore=ignore)
    shutil.copy(TOP / "pyproject.toml", top)
    for name, statement in BREAKS.values():
        with (top / "hhf_testbed" / name).open("a") as file:
            file.write(f"\n{statement}\n")
    ended = subprocess.run(
        [sys.executable, *LINTERS["import contracts"]],
        cwd=top,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    return ended.stdout


def contracts() -> dict[str, str]:
    """Return the name of each contract by its id."""
    settings = tomllib.loads((TOP / "pyproject.toml").read_text())["tool"]["importlinter"]
    return {contract["id"]: contract["name"] for contract in settings["contracts"]}


def test_every_contract_is_tried() -> None:
    assert set(contracts()) == set(BREAKS)


@pytest.mark.parametrize("contract", BREAKS)
def test_a_bad_import_breaks_the_contract(verdicts: str, contract: str) -> None:
    assert f"{contracts()[contract]} BROKEN" in verdicts
