# SPDX-License-Identifier: GPL-2.0-or-later
"""Finds a kernel in the cache, or builds it, once however many commands ask."""

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import NoReturn

from hhf_testbed.errors import LabFailure, RequestError
from hhf_testbed.kernels import apt, cache, in_use, names, sources
from hhf_testbed.kernels import build as real
from hhf_testbed.kernels.cache import Entry
from hhf_testbed.kernels.kernel import Kernel
from hhf_testbed.kernels.order import Order, Request, today
from hhf_testbed.kernels.patches import HZ_CHOICES
from hhf_testbed.kernels.recipe import Recipe
from hhf_testbed.progress import Reporter

DEFAULT_HZ = 250
"""Ticks per second: Debian's kernels have had 250 for years."""

Builder = Callable[[Order, Recipe, Path, Reporter], str]
"""Fills a directory with a kernel's files and returns its release."""


def available() -> list[str]:
    """The series that this machine's apt offers, oldest first."""
    return [known.series for known in apt.offers()]


def elsewhere() -> dict[str, str]:
    """By suite what other Debian suites offer, as far as they were asked. Asks nobody."""
    return sources.elsewhere_text()


def cached() -> list[Entry]:
    """Everything in the cache, healthy or not."""
    return cache.entries()


def find(
    name: str | None = None,
    *,
    hz: int = DEFAULT_HZ,
    tree: Path | None = None,
    fragments: Sequence[str] = (),
) -> Kernel | None:
    """Return the kernel that ``get`` would, if the cache has it. Takes milliseconds.

    Without a name: the newest series that apt offers. Where apt offers nothing (no lists, no
    Debian), the newest kernel of the cache. Raises RequestError for what cannot be asked for.
    """
    _check_hz(hz)
    return _find(Request.of(name, tree, fragments), hz)


def get(
    name: str | None = None,
    *,
    hz: int = DEFAULT_HZ,
    tree: Path | None = None,
    fragments: Sequence[str] = (),
    reporter: Reporter,
    builder: Builder = real.build,
) -> Kernel:
    """Return a kernel ready to boot, fetching and building what the cache does not have.

    Until this process ends, no prune removes it. ``hz`` in ticks per second.

    Args:
        name: a series such as "6.12"; "6.12-trixie" for that suite's, "6.12+debug" with a
            shipped fragment.
        hz: ticks per second.
        tree: a kernel tree of one's own, instead of a name.
        fragments: files of more Kconfig lines, or names of shipped fragments.
        reporter: is told what goes on.
        builder: makes the kernel.

    Raises:
        RequestError: a name, HZ, tree or fragment that is not to be had.
        LabFailure: the build cannot be done.
    """
    _check_hz(hz)
    request = Request.of(name, tree, fragments)
    while True:
        kernel = _find(request, hz) or _make(request, hz, reporter, builder)
        if in_use.hold(kernel.directory):
            return kernel


def is_current(entry: Entry) -> bool:
    """Tell whether a kernel is what its name stands for today, as far as that can be told."""
    return entry.recipe is not None and today(entry.recipe).satisfied_by(entry.recipe)


def _find(request: Request, hz: int) -> Kernel | None:
    return _healthy(request.recipe(hz), request)


def _healthy(wanted: Recipe, request: Request) -> Kernel | None:
    found = [
        entry.kernel
        for entry in cache.entries()
        if entry.recipe and wanted.satisfied_by(entry.recipe) and not entry.problem
        if entry.kernel and (wanted.name or names.is_plain(entry.recipe.name))
    ]
    newest = max(found, key=lambda kernel: apt.numbers(kernel.release), default=None)
    if newest and request.tree:  # the same content may have got another revision since
        return replace(newest, source=request.tree.described)
    return newest


def _make(request: Request, hz: int, reporter: Reporter, builder: Builder) -> Kernel:
    with _disk_errors(), _sigterm_raises():
        order = request.resolve(reporter)
        recipe = order.recipe(hz)
        with cache.workshop(recipe, reporter):
            return _healthy(recipe, request) or _build(order, recipe, reporter, builder)


def _build(order: Order, recipe: Recipe, reporter: Reporter, builder: Builder) -> Kernel:
    place = cache.root() / recipe.directory_name
    if place.exists():
        reporter.say(f"{place} is damaged ({cache.read(place).problem}): building it again.")
        cache.discard(place)
    source = order.source.described
    reporter.say(f"Building kernel {recipe.name} from {source} with HZ={recipe.hz}.")
    with cache.work_directory(recipe) as work:
        release = builder(order, recipe, work, reporter)
        entry = cache.publish(work, recipe, release, source)
    if entry.kernel is None or entry.problem:
        raise LabFailure(f"the kernel built in {entry.directory} is not whole: {entry.problem}")
    return entry.kernel


def _check_hz(hz: int) -> None:
    if hz not in HZ_CHOICES:
        choices = ", ".join(map(str, HZ_CHOICES))
        raise RequestError(f"HZ={hz} is not offered; allowed are {choices}")


@contextmanager
def _disk_errors() -> Iterator[None]:
    """Turn what the file system refuses into one sentence."""
    try:
        yield
    except OSError as error:
        raise LabFailure(
            f"the kernel cache {cache.root()} cannot be written: {error.strerror or error}"
            f" ({error.filename}); free some space, or set HHF_CACHE to another place"
        ) from error


@contextmanager
def _sigterm_raises() -> Iterator[None]:
    """Let SIGTERM unwind as Ctrl-C does, so that the compilers and the work directory go too."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
