# SPDX-License-Identifier: GPL-2.0-or-later
"""Options that several commands share, and what they stand for."""

import shlex
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import click

from hhf_testbed import kernels, paths
from hhf_testbed.errors import LabFailure, RequestError
from hhf_testbed.guests.command import CLOCKS, SEED_MAX
from hhf_testbed.progress import Reporter

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

EXISTING_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)

DISK_BYTES_PER_RUN = 400 * 2**20
"""Twice what the demo's captures of three trials take."""


class _Seed(click.IntRange):
    """A seed; unlike click's, its message also says what is allowed when given no number."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return int(super().convert(value, param, ctx))
        except click.BadParameter:
            raise RequestError(f"seed is {value!r}; allowed is 0 to {SEED_MAX}") from None


@dataclass(frozen=True)
class Chosen:
    """What ``--tree`` and ``--fragment`` say."""

    tree: Path | None
    fragments: tuple[str, ...]

    @property
    def words(self) -> list[str]:
        """The same as arguments of a command."""
        tree = ["--tree", shlex.quote(str(self.tree))] if self.tree else []
        pairs = (("--fragment", shlex.quote(fragment)) for fragment in self.fragments)
        return [*tree, *chain.from_iterable(pairs)]


def chosen() -> Chosen:
    """Return the options of the command that is running."""
    context = click.get_current_context(silent=True)
    known = context.meta if context else {}
    return Chosen(known.get(_TREE), known.get(_FRAGMENTS, ()))


_TREE, _FRAGMENTS = f"{__name__}.tree", f"{__name__}.fragments"


def _keep_as(key: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    def keep(context: click.Context, _: click.Parameter, value: Any) -> None:
        context.meta[key] = value

    return keep


def build_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--hz``, and ``--tree`` and ``--fragment``, which reach ``get_kernel`` by themselves."""
    hz = click.option("--hz", type=int, default=250, show_default=True, help="Ticks per second.")
    tree = click.option(
        "--tree", type=click.Path(path_type=Path), metavar="DIR", expose_value=False,
        callback=_keep_as(_TREE), help="A kernel tree of your own; it is only read.",
    )  # fmt: skip
    fragment = click.option(
        "--fragment", multiple=True, metavar="FILE", expose_value=False,
        callback=_keep_as(_FRAGMENTS), help="More Kconfig lines, or 'debug'; may be repeated.",
    )  # fmt: skip
    return hz(tree(fragment(command)))


def kernel_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--kernel`` and ``build_options``."""
    add = click.option(
        "--kernel", "kernel_name", metavar="NAME", help="Such as 6.12; the newest that apt offers."
    )
    return add(build_options(command))


def guest_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--clock`` and ``--seed``."""
    clock = click.option(
        "--clock", type=click.Choice(CLOCKS), default="virtual", show_default=True,
        help="Virtual time jumps to the next timer when all sleep.",
    )  # fmt: skip
    seed = click.option(
        "--seed", type=_Seed(0, SEED_MAX), default=1, show_default=True,
        help="Of everything random in a guest.",
    )  # fmt: skip
    return clock(seed(command))


def get_kernel(name: str | None, hz: int, reporter: Reporter) -> kernels.Kernel:
    """Return the kernel, or that of ``--tree``, with each ``--fragment``; build it if need be."""
    if name == "":  # an empty variable in a script, not a wish for the newest
        raise RequestError("--kernel is empty; allowed is a name such as 6.12, or no --kernel")
    extra = chosen()
    with cache_errors():
        return kernels.get(
            name, hz=hz, tree=extra.tree, fragments=extra.fragments, reporter=reporter
        )


@contextmanager
def cache_errors() -> Iterator[None]:
    """Say in one sentence that this user may not use the cache, which may be another's."""
    try:
        yield
    except PermissionError as error:
        raise LabFailure(
            f"the kernel cache {paths.cache_dir()} is not for this user: {error.strerror} "
            f"({error.filename}); set HHF_CACHE to a directory that it can write"
        ) from None


def run_place(out: Path | None, experiment: str, seed: int) -> Path:
    """Return where a run goes: ``--out``, or a name with today's date in the runs directory.

    Raises:
        RequestError: it exists already, or cannot be made there.
        LabFailure: there is no room.
    """
    from hhf_testbed.store.run_directory import check_place

    stamp = time.strftime("%Y%m%d-%H%M%S")
    given = new_place(out) if out else None
    target = given or paths.runs_dir() / f"{experiment}-{stamp}-seed{seed}"
    check_place(target)
    check_room(target)
    return target


def check_room(target: Path, elsewhere: str = "--out or HHF_RUNS") -> None:
    """Raise LabFailure if there is no room for a run at ``target``."""
    from hhf_testbed.store.run_directory import free_bytes

    free = free_bytes(target)
    if free < DISK_BYTES_PER_RUN:
        raise LabFailure(
            f"{target.parent} has {free // 2**20} MiB of free space; a run needs "
            f"{DISK_BYTES_PER_RUN // 2**20}; choose another place with {elsewhere}"
        )


def new_place(out: Path) -> Path:
    """Return ``--out`` as a path that no longer depends on the current directory."""
    return out if out.is_absolute() else here("--out") / out


def here(purpose: str) -> Path:
    """Return the current directory, which another process may have removed."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise RequestError(
            f"the current directory, which {purpose} starts from, was removed; "
            "allowed is any directory that exists, so change to another"
        ) from None
