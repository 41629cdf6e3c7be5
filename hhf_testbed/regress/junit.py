# SPDX-License-Identifier: GPL-2.0-or-later
"""Outcomes as JUnit XML, as Jenkins and others read it."""

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from typing import Final
from xml.etree.ElementTree import Element, SubElement

from hhf_testbed.regress.outcome import BAD, Outcome, Status

NOT_IN_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


SKIPPED: Final = (Status.KNOWN, Status.UNTRIED)
TAGS: Final = {Status.BROKEN: "error", **dict.fromkeys(SKIPPED, "skipped")}


def junit(outcomes: Sequence[Outcome], kernel: str) -> bytes:
    """Return the document: one suite, named after the kernel."""
    suite = Element(
        "testsuite",
        name=f"hhf on Linux {kernel}",
        tests=str(len(outcomes)),
        failures=str(sum(one.status in BAD for one in outcomes)),
        errors=str(sum(one.status is Status.BROKEN for one in outcomes)),
        skipped=str(sum(one.status in SKIPPED for one in outcomes)),
        time=f"{sum(one.seen.wall_s for one in outcomes):.3f}",
    )
    for outcome in outcomes:
        _case(suite, outcome)
    root = Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _case(suite: Element, outcome: Outcome) -> None:
    claim, seen, status = outcome.claim, outcome.seen, outcome.status
    case = SubElement(
        suite, "testcase", classname=claim.area, name=claim.name, time=f"{seen.wall_s:.3f}"
    )
    if status is Status.HOLDS:
        return
    tag = TAGS.get(status, "failure")
    message = (seen.words().splitlines() or [""])[-1]
    if status is Status.FIXED:
        message = "it holds, though this kernel is known to lack the fix"
    if status is Status.KNOWN:
        message = f"known bug: {outcome.fix}"
    told = SubElement(case, tag, message=_clean(message))
    told.text = _clean("\n".join([claim.text, seen.words(), *seen.diary, *seen.console]))


def _clean(text: str) -> str:
    """Take out what XML cannot hold, such as a console's escape."""
    return NOT_IN_XML.sub("?", text)
