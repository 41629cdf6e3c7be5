# SPDX-License-Identifier: GPL-2.0-or-later
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

from hhf_testbed.model import CURRENT
from hhf_testbed.regress.junit import junit
from tests.regress.conftest import Make

OLD = replace(CURRENT, quantum_floor=False)


def test_each_status_has_its_element(outcome: Make) -> None:
    text = junit(
        [
            outcome("a", "good"),
            outcome("a", "bad", "refuted", what="count", claimed="1", seen="2"),
            outcome("b", "known", "refuted", needs="quantum_floor", features=OLD),
            outcome("b", "gone", "holds", needs="quantum_floor", features=OLD),
            outcome("b", "broken", "broken"),
        ],
        "6.12.1",
    )
    suite = ElementTree.fromstring(text)[0]
    assert suite.attrib["name"] == "hhf on Linux 6.12.1"
    counts = {name: suite.attrib[name] for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "5", "failures": "2", "errors": "1", "skipped": "1"}
    tags = {case.attrib["name"]: [child.tag for child in case] for case in suite}
    assert tags == {
        "good": [], "bad": ["failure"], "known": ["skipped"], "gone": ["failure"],
        "broken": ["error"],
    }  # fmt: skip


def test_what_xml_cannot_hold_is_replaced(outcome: Make) -> None:
    text = junit([outcome("a", "bad", "refuted", what="\x1b[31m", console=("\x00",))], "6.12")
    failure = ElementTree.fromstring(text)[0][0][0]
    assert failure.attrib["message"] == "?[31m"
