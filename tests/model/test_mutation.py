# SPDX-License-Identifier: GPL-2.0-or-later
"""The list of equivalent mutants, as far as it can be checked without making any."""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest
from mutation.equivalents import Equivalent, entries, named

import hhf_testbed.model

MODEL = Path(hhf_testbed.model.__file__).parent


def code_of(entry: Equivalent) -> str:
    """Return the function as one line, without indentation."""
    source = (MODEL / entry.file).read_text(encoding="utf-8")
    node: ast.AST = ast.parse(source)
    for name in filter(None, entry.function.split(".")):
        (node,) = (n for n in ast.iter_child_nodes(node) if getattr(n, "name", None) == name)
    code = ast.get_source_segment(source, node) or source
    return " ".join(line.strip() for line in code.splitlines())


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: f"{entry.file}-{entry.function}")
def test_each_line_said_to_have_equivalents_is_in_the_function_named(entry: Equivalent) -> None:
    line, number = re.fullmatch(r"(.*?)(?: \((\d)\))?", entry.before).groups()  # type: ignore[union-attr]
    assert code_of(entry).count(line) >= int(number or 1)
    assert entry.before not in entry.after
    assert entry.reason.endswith(".")


def test_no_mutant_is_named_twice() -> None:
    names = [(e.file, e.function, e.before, after) for e in entries() for after in e.after]
    assert not [name for name, times in Counter(names).items() if times > 1]
    assert named({e.file for e in entries()}) == set(names)
