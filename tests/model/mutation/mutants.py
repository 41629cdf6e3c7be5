# SPDX-License-Identifier: GPL-2.0-or-later
"""The mutants of one source file: cosmic-ray's, and those of ``delete_statement``."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from operator import eq
from pathlib import Path
from typing import Final

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Operator
from cosmic_ray.plugins import get_operator, operator_names

from .delete_statement import DeleteStatement

MODEL: Final = Path(__file__).parents[3] / "hhf_testbed" / "model"
SENSELESS: Final = re.compile(
    r"core/ReplaceComparisonOperator_(?!Is_IsNot|IsNot_Is)(\w+_Is(Not)?|Is_Eq|IsNot_NotEq)"
)
"""Identity where equality is meant, or the other way round: nobody's slip, and it only asks which
small numbers Python keeps once."""


@dataclass(frozen=True)
class Mutant:
    """A source file with one change. The first four fields are its name, which a person can read.

    Attributes:
        file: name of the source file.
        function: where in it, such as ``Hhf.enqueue``; empty for the top of the file.
        before, after: the lines that differ, without their indentation, joined by blanks. If the
            function has the same line further up, ``before`` ends in the line's number, ``(2)``.
        source: the whole file, changed.
    """

    file: str
    function: str
    before: str
    after: str
    source: str

    @property
    def name(self) -> tuple[str, str, str, str]:
        """What tells this mutant from others, however the rest of the file is edited."""
        return self.file, self.function, self.before, self.after


def unchanged(path: Path) -> Mutant:
    """Return the file as it is, in the shape of a mutant."""
    return Mutant(path.name, "", "", "", path.read_text(encoding="utf-8"))


def mutants(path: Path) -> Iterator[Mutant]:
    """Give every mutant of a file once, leaving out those that mean the same to Python."""
    source = path.read_text(encoding="utf-8")
    seen = {_meaning(source)}
    for operator in _operators():
        for changed in _changed(source, operator):
            meaning = _meaning(changed)
            if meaning and meaning not in seen:
                seen.add(meaning)
                yield _mutant(path.name, source, changed)


def _operators() -> Iterator[Operator]:
    yield DeleteStatement()
    for name in operator_names():
        operator = get_operator(name)
        if not operator.arguments() and not SENSELESS.fullmatch(name):
            yield operator()


def _changed(source: str, operator: Operator) -> Iterator[str]:
    places = [p for node in ast_nodes(get_ast(source)) for p in operator.mutation_positions(node)]
    for occurrence in range(len(places)):
        yield mutate_code(source, operator, occurrence)


def _meaning(source: str) -> str:
    """Return the syntax tree without types, which mypy checks; nothing if this is not Python."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return ""
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign):
            node.annotation = ast.Constant(None)
        elif isinstance(node, ast.FunctionDef):
            node.returns = None
        elif isinstance(node, ast.arg):
            node.annotation = None
    return ast.dump(tree)


def _mutant(file: str, source: str, changed: str) -> Mutant:
    lines, before, after = source.splitlines(), source.splitlines(), changed.splitlines()
    first = sum(1 for _ in takewhile(bool, map(eq, before, after)))  # lines that are the same
    before, after = before[first:], after[first:]
    while before and after and before[-1] == after[-1]:
        del before[-1], after[-1]
    around = _definitions(source, first + 1)
    top = _first_line(around[-1]) - 1 if around else 0
    twins = [joined([line]) for line in lines[top:first]].count(joined(before))
    return Mutant(
        file,
        ".".join(node.name for node in around),
        joined(before) + (f" ({twins + 1})" if twins else ""),
        joined(after),
        changed,
    )


def joined(lines: list[str]) -> str:
    """Return lines as one, without their indentation."""
    return " ".join(line.strip() for line in lines if line.strip())


def _definitions(source: str, line: int) -> list[ast.FunctionDef | ast.ClassDef]:
    """Return the classes and functions around a line, outermost first."""
    around = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and _first_line(node) <= line <= (node.end_lineno or 0)
    ]
    return sorted(around, key=_first_line)


def _first_line(node: ast.FunctionDef | ast.ClassDef) -> int:
    return min(part.lineno for part in (node, *node.decorator_list))
