# SPDX-License-Identifier: GPL-2.0-or-later
import ast
from pathlib import Path

import hhf_testbed.model

ALLOWED = ("typing", "dataclasses", "collections", "hhf_testbed.errors", "hhf_testbed.params")
FILES = sorted(Path(hhf_testbed.model.__file__).parent.glob("*.py"))


def imported(file: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    plain = {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    return plain | {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}


def test_the_model_imports_nothing_that_does_io_keeps_time_or_draws_random_numbers() -> None:
    assert len(FILES) > 10
    for file in FILES:
        for name in imported(file):
            assert name.startswith((*ALLOWED, "hhf_testbed.model")), f"{file.name}: {name}"


def test_the_model_calls_no_open_print_or_input() -> None:
    for file in FILES:
        nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        names = {node.id for node in nodes if isinstance(node, ast.Name)}
        assert not names & {"open", "print", "input", "__import__", "exec", "eval"}, file.name
