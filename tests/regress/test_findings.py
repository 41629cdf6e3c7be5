# SPDX-License-Identifier: GPL-2.0-or-later
from pathlib import Path

import pytest

from tests.conftest import Guest

FINDINGS = Path(__file__).parents[2] / "docs" / "findings"
SCRIPTS = sorted(FINDINGS.glob("*.sh"))


@pytest.mark.guest
@pytest.mark.parametrize("script", SCRIPTS, ids=[script.stem for script in SCRIPTS])
def test_the_bug_is_still_there(guest: Guest, script: Path) -> None:
    """Red means that the kernel under test has it mended: then the report needs a word on that."""
    result = guest("sh", str(script), modules=("sch_hhf",))
    text = result.stdout.decode()
    assert (result.status, result.stderr) == (1, b"")
    bug = text.splitlines()[-1]
    assert bug.startswith("BUG: ")
    assert f"    {bug}\n" in script.with_suffix(".md").read_text()


def test_each_report_has_a_script_and_is_listed() -> None:
    reports = {path.stem for path in FINDINGS.glob("*.md")} - {"README"}
    assert reports == {script.stem for script in SCRIPTS}
    index = (FINDINGS / "README.md").read_text()
    assert all(f"({name}.md)" in index for name in reports)
