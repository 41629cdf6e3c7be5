# SPDX-License-Identifier: GPL-2.0-or-later
"""What README.md shows is what was measured."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
RECORD = ROOT / "results" / "demo"


def shown_lines() -> list[str]:
    """The lines of the README's table and verdicts, without their indentation."""
    block = README.split("The demo ends like this")[1].split("    Report:")[0]
    lines = [line[4:].strip() for line in block.splitlines()[1:] if line.startswith("    ")]
    return [line for line in lines if line]


@pytest.mark.parametrize("line", shown_lines())
def test_each_line_of_the_example_is_in_the_record(line: str) -> None:
    recorded = [line.strip() for line in (RECORD / "report.txt").read_text().splitlines()]
    assert line in recorded


def test_the_example_shows_something() -> None:
    assert len(shown_lines()) >= 10


def test_the_picture_is_there() -> None:
    (picture,) = re.findall(r"!\[.*\]\((.*)\)", README)
    assert (ROOT / picture).read_bytes().startswith(b"\x89PNG")


def test_every_link_leads_somewhere() -> None:
    for target in re.findall(r"\[[^\]]*\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_record_is_of_the_demo_as_it_is_by_default() -> None:
    from hhf_testbed.scenario import Scenario

    record = json.loads((RECORD / "record.json").read_text())
    assert record["seed"] == 1
    assert Scenario.of(record["scenario"]) == Scenario()


def test_all_recorded_claims_hold() -> None:
    claims = json.loads((RECORD / "claims.json").read_text())
    assert {claim["verdict"] for claim in claims} == {"supported"}
