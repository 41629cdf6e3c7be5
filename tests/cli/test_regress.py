# SPDX-License-Identifier: GPL-2.0-or-later
"""``hhf regress``: what it refuses, what it prints, and how it ends."""

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from hhf_testbed.cli.main import run
from hhf_testbed.conform import tools
from hhf_testbed.kernels import Kernel

Said = pytest.CaptureFixture[str]
FEW = ("dump.the_kind_is_hhf", "defaults.the_defaults_are_the_documented_ones")


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["no_such_claim"], "no claim has 'no_such_claim' in its name; the areas are admission,"),
        (["--ktap", "--json"], "allowed is one of them"),
        (["--repeat", "0"], "--repeat"),
        (["--seed", "-1"], "--seed"),
        (["--source", "/nowhere.c"], "/nowhere.c"),
        (["--source", "/"], "'/' is a directory"),
        (["--kernel", ""], "--kernel is empty"),
        (["--junit", "/nowhere/report.xml"], "--junit is /nowhere/report.xml"),
    ],
)
def test_a_wrong_request_teaches_nothing(arguments: list[str], part: str, capsys: Said) -> None:
    assert run(["regress", *arguments]) == 2
    said = capsys.readouterr()
    assert part in said.err
    assert said.err.count("\n") == 1


def test_the_claims_are_listed_without_a_kernel(capsys: Said) -> None:
    assert run(["regress", "--list", "--json", "dump."]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["id"].partition(".")[0] for row in rows} == {"dump"}
    assert all(row["claim"] for row in rows)


@pytest.mark.guest
def test_ktap_is_all_that_is_on_standard_output(kernel: Kernel, capsys: Said) -> None:
    assert run(["regress", "--kernel", kernel.name, "--ktap", *FEW]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["KTAP version 1", "1..2"]
    assert [line for line in lines if not line.startswith(" ")][2:] == [
        "ok 1 defaults",
        "ok 2 dump",
    ]


@pytest.mark.guest
def test_a_changed_source_that_is_wrong_ends_with_status_1(
    kernel: Kernel, tmp_path: Path, capsys: Said
) -> None:
    text = tools.own_source(kernel).read_text()
    source, report = tmp_path / "sch_hhf.c", tmp_path / "report.xml"
    source.write_text(text.replace("sch->limit = 1000;", "sch->limit = 999;"))
    arguments = ["--kernel", kernel.name, "--source", str(source), "--junit", str(report), *FEW]
    assert run(["regress", *arguments]) == 1
    said = capsys.readouterr().out
    assert "REFUTED: defaults.the_defaults_are_the_documented_ones" in said
    assert f"--source {source} --seed 1 defaults.the_defaults_are_the_documented_ones" in said
    assert ElementTree.parse(report).getroot()[0].attrib["failures"] == "1"


@pytest.mark.guest
@pytest.mark.parametrize("text", ["", "int nothing;\n", "#error no\n", "\0\0\0"])
def test_a_source_that_is_no_hhf_is_a_lab_failure(
    kernel: Kernel, tmp_path: Path, capsys: Said, text: str
) -> None:
    source = tmp_path / "sch_hhf.c"
    source.write_text(text)
    assert run(["regress", "--kernel", kernel.name, "--source", str(source), FEW[0]]) == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.guest
@pytest.mark.parametrize(
    ("there", "instead"),
    [
        ("return gnet_stats_copy_app(d, &st, sizeof(st));", "return 0;"),
        ("\tu64 non_hh_quantum;\n", "\tu64 non_hh_quantum;\n\n\tif (opt)\n\t\treturn -EINVAL;\n"),
    ],
)
def test_a_kernel_that_refuses_or_leaves_out_what_it_must_not_is_refuted(
    kernel: Kernel, tmp_path: Path, capsys: Said, there: str, instead: str
) -> None:
    """And is no failure of the lab, though no claim and no scenario can be carried through."""
    text = tools.own_source(kernel).read_text()
    assert text.count(there) == 1
    source = tmp_path / "sch_hhf.c"
    source.write_text(text.replace(there, instead))
    arguments = ["--kernel", kernel.name, "--source", str(source), "random_scenarios_0", FEW[1]]
    assert run(["regress", *arguments]) == 1
    assert "REFUTED: conformance.random_scenarios_0" in capsys.readouterr().out
