# SPDX-License-Identifier: GPL-2.0-or-later
import json
from pathlib import Path

import pytest

from hhf_testbed.cli.main import run
from hhf_testbed.conform import tools
from hhf_testbed.kernels import Kernel

pytestmark = pytest.mark.guest
Said = pytest.CaptureFixture[str]


def test_a_fault_is_killed_by_the_claim_about_it(kernel: Kernel, capsys: Said) -> None:
    fault = "hhf_init: sch->limit = 1000; -> sch->limit = 1001;"
    assert run(["mutate", "--kernel", kernel.name, "--json", fault]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["fates"] == {"killed": 1}
    assert found["faults"][0]["seen"]


def test_a_source_that_is_refuted_already_teaches_nothing(
    kernel: Kernel, tmp_path: Path, capsys: Said
) -> None:
    source = tmp_path / "sch_hhf.c"
    text = tools.own_source(kernel).read_text()
    source.write_text(text.replace("sch->limit = 1000;", "sch->limit = 999;"))
    assert run(["mutate", "--kernel", kernel.name, "--source", str(source), "hhf_dump"]) == 2
    assert "without any fault" in capsys.readouterr().err


def test_words_that_fit_no_fault_are_refused(capsys: Said) -> None:
    assert run(["mutate", "--list", "no such fault"]) == 2
    assert "faults none has no such fault in its name" in capsys.readouterr().err
