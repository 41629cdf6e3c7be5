# SPDX-License-Identifier: GPL-2.0-or-later
"""A kernel that is asked for: its source, as far as it is known, and extra Kconfig lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hhf_testbed.errors import RequestError
from hhf_testbed.kernels import fragments, names, sources
from hhf_testbed.kernels.apt import Offer
from hhf_testbed.kernels.names import Name
from hhf_testbed.kernels.recipe import Recipe
from hhf_testbed.kernels.tree import Tree
from hhf_testbed.progress import Reporter


@dataclass(frozen=True)
class Order:
    """What to build. ``extra`` are Kconfig lines, ``suffix`` their names, each behind a "+"."""

    source: Offer | Tree
    suffix: str
    extra: str

    def recipe(self, hz: int) -> Recipe:
        """Return everything that the kernel is made from, with ``hz`` ticks per second."""
        source = self.source
        label = source.label if isinstance(source, Tree) else sources.label(source)
        return Recipe.of(label + self.suffix, hz, self.source.identity, self.extra)


@dataclass(frozen=True)
class Request:
    """What was asked for: a name or a tree, and fragments."""

    name: str | None
    tree: Tree | None
    suffix: str
    extra: str

    @classmethod
    def of(cls, name: str | None, tree: Path | None, wanted: Sequence[str]) -> "Request":
        """Read it. Raises RequestError for what is not a name, a tree or a fragment."""
        if name is not None and tree is not None:
            raise RequestError(f"a kernel is either {name!r} or the tree {tree}, not both")
        shipped = names.parse(name).fragments if name is not None else ()
        read = [fragments.read(fragment) for fragment in (*shipped, *wanted)]
        return cls(
            name=name,
            tree=Tree.read(tree) if tree is not None else None,
            suffix="".join(f"+{short}" for short, _ in read),
            extra="\n".join(text for _, text in read),
        )

    def known(self) -> Order | None:
        """Return the order as far as it can be told without asking anybody."""
        source = self.tree or sources.known(self._name)
        return Order(source, self.suffix, self.extra) if source else None

    def resolve(self, reporter: Reporter) -> Order:
        """Return the order, asking other suites if need be. Raises RequestError, LabFailure."""
        source = self.tree or sources.resolve(self._name, reporter)
        return Order(source, self.suffix, self.extra)

    def recipe(self, hz: int) -> Recipe:
        """Return the recipe; where the source is not known, one that any version satisfies."""
        if order := self.known():
            return order.recipe(hz)
        base = self.name.partition("+")[0] + self.suffix if self.name else ""
        return Recipe.of(base, hz, "", self.extra)

    @property
    def _name(self) -> Name | None:
        return names.parse(self.name) if self.name is not None else None


def today(made: Recipe) -> Recipe:
    """Return the recipe that the name of a finished kernel stands for now.

    What a name does not tell (a tree, the text of a fragment of one's own) any kernel satisfies.
    """
    name, *extra = made.name.split("+")
    shipped = extra if set(extra) <= set(fragments.optional()) else ()
    try:
        source = sources.known(names.parse(name))
    except RequestError:
        source = None
    text = "\n".join(fragments.read(fragment)[1] for fragment in shipped)
    return Recipe.of(made.name, made.hz, source.identity if source else "", text)
