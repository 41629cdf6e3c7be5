# SPDX-License-Identifier: GPL-2.0-or-later
"""A mutation that cosmic-ray does not have: a statement is left out."""

from collections.abc import Iterator
from typing import Any

from cosmic_ray.operators.operator import Example, Operator
from parso.python.tree import Keyword

Position = tuple[tuple[int, int], tuple[int, int]]


class DeleteStatement(Operator):
    """Replaces a statement within a function by ``pass``; docstrings and ``pass`` stay."""

    def mutation_positions(self, node: Any) -> Iterator[Position]:
        """Give the place of the statement, if the node is one."""
        if node.type == "simple_stmt" and node.search_ancestor("funcdef") is not None:
            statement = node.children[0]
            if (
                statement.type not in ("string", "strings")
                and statement.get_code().strip() != "pass"
            ):
                yield statement.start_pos, statement.end_pos

    def mutate(self, node: Any, index: int) -> Any:  # noqa: ARG002 (there is one way only)
        """Put ``pass`` there."""
        statement = node.children[0]
        prefix = statement.get_first_leaf().prefix
        node.children[0] = Keyword("pass", statement.start_pos, prefix=prefix)
        return node

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        """Show one, as cosmic-ray wants of an operator."""
        return (Example("def f():\n    x = 1\n", "def f():\n    pass\n"),)
