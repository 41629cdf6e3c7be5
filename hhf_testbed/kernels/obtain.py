# SPDX-License-Identifier: GPL-2.0-or-later
"""Finds a kernel in the cache, or builds it, once however many commands ask."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

from hhf_testbed.errors import LabFailure, RequestError
from hhf_testbed.kernels import apt, cache
from hhf_testbed.kernels import build as real
from hhf_testbed.kernels.apt import Offer
from hhf_testbed.kernels.cache import Entry
from hhf_testbed.kernels.kernel import Kernel
from hhf_testbed.kernels.patches import HZ_CHOICES
from hhf_testbed.kernels.recipe import Recipe
from hhf_testbed.progress import Reporter

DEFAULT_HZ = 250
"""Ticks per second: Debian's kernels have had 250 for years."""

Builder = Callable[[Offer, Recipe, Path, Reporter], str]
"""Fills a directory with a kernel's files and returns its release."""


def available() -> list[str]:
    """The series that this machine's apt offers, oldest first."""
    return [known.series for known in apt.offers()]


def offer(name: str | None = None) -> Offer:
    """The source package behind a name, or the newest. Raises RequestError with the choices."""
    return apt.resolve(name, apt.offers())


def cached() -> list[Entry]:
    """Everything in the cache, healthy or not."""
    return cache.entries()


def find(name: str | None = None, *, hz: int = DEFAULT_HZ) -> Kernel | None:
    """Return the kernel that ``get`` would, if the cache has it. Takes milliseconds.

    Without a name: the newest series that apt offers. Where apt offers nothing (no lists, no
    Debian), the newest kernel of the cache. Raises RequestError for an HZ that is not offered.
    """
    _check_hz(hz)
    offers = [known for known in apt.offers() if name in (None, known.series)]
    wanted = _recipe(offers[-1], hz) if offers else Recipe.of(name or "", hz, "")
    found = [
        entry for entry in cache.entries() if entry.recipe and wanted.satisfied_by(entry.recipe)
    ]
    healthy = [entry.kernel for entry in found if entry.kernel and not entry.problem]
    return max(healthy, key=lambda kernel: apt.numbers(kernel.release), default=None)


def get(
    name: str | None = None,
    *,
    hz: int = DEFAULT_HZ,
    reporter: Reporter,
    builder: Builder = real.build,
) -> Kernel:
    """Return a kernel ready to boot, fetching and building what the cache does not have.

    ``name`` is a series such as "6.12"; ``hz`` in ticks per second. Raises RequestError for a
    name or HZ that is not to be had, LabFailure when the build cannot be done.
    """
    if kernel := find(name, hz=hz):
        return kernel
    source = offer(name)
    recipe = _recipe(source, hz)
    with _disk_errors(), _sigterm_raises(), cache.workshop(recipe, reporter):
        return find(name, hz=hz) or _build(source, recipe, reporter, builder)


def _build(source: Offer, recipe: Recipe, reporter: Reporter, builder: Builder) -> Kernel:
    place = cache.root() / recipe.directory_name
    if place.exists():
        reporter.say(f"{place} is damaged ({cache.read(place).problem}): building it again.")
        cache.discard(place)
    reporter.say(f"Building kernel {source.series} from {source.identity} with HZ={recipe.hz}.")
    with cache.work_directory(recipe) as work:
        release = builder(source, recipe, work, reporter)
        entry = cache.publish(work, recipe, release)
    if entry.kernel is None or entry.problem:
        raise LabFailure(f"the kernel built in {entry.directory} is not whole: {entry.problem}")
    return entry.kernel


def _recipe(source: Offer, hz: int) -> Recipe:
    return Recipe.of(source.series, hz, source.identity)


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
