# SPDX-License-Identifier: GPL-2.0-or-later
"""Gives the cache's space back: what nobody needs any more, and never what is in use."""

import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from hhf_testbed.errors import RequestError
from hhf_testbed.kernels import cache, download, in_use, obtain, private_apt
from hhf_testbed.kernels.cache import Entry


@dataclass(frozen=True)
class Waste:
    """Something that can go: where it is, why it may go, and its size.

    ``remove`` returns whether it went; it stays when another command uses it.
    """

    path: Path
    why: str
    size_bytes: int
    remove: Callable[[], bool]


def waste(
    *, keep: Collection[str] = (), everything: bool = False, downloads: bool = False
) -> list[Waste]:
    """Return what a prune would remove: damaged and old kernels, and what dead builds left.

    Args:
        keep: names of kernels that stay in any case, such as "6.12".
        everything: all other kernels go as well.
        downloads: the source packages that were downloaded, and apt's lists, go as well.

    Raises:
        RequestError: a name to keep that no kernel of the cache has.
    """
    entries = cache.entries()
    _check_names(keep, entries)
    kernels = [_kernel(entry, why) for entry in entries if (why := _why(entry, keep, everything))]
    return [*kernels, *_leftovers(), *(_downloads() if downloads else ())]


def _check_names(keep: Collection[str], entries: list[Entry]) -> None:
    names = sorted({_name(entry) for entry in entries})
    for name in keep:
        if name not in names:
            there = ", ".join(names) or "none"
            raise RequestError(f"no kernel {name!r} to keep is in the cache; there are: {there}")


def _name(entry: Entry) -> str:
    return entry.recipe.name if entry.recipe else entry.directory.name.partition("-")[0]


def _why(entry: Entry, keep: Collection[str], everything: bool) -> str:
    """Return why a kernel may go, or an empty text."""
    if _name(entry) in keep:
        return ""
    if problem := cache.inspect(entry):
        return f"damaged: {problem}"
    if not obtain.is_current(entry):
        return "old"
    return "all kernels go" if everything else ""


def _kernel(entry: Entry, why: str) -> Waste:
    return Waste(entry.directory, why, entry.size_bytes, lambda: _remove_kernel(entry.directory))


def _remove_kernel(directory: Path) -> bool:
    with suppress(Timeout), cache.lock_of(directory.name).acquire(timeout=0):
        with in_use.unused(directory) as free:
            if free:
                cache.discard(directory)
        return free
    return False


def _leftovers() -> Iterator[Waste]:
    """Work directories of builds that died: those whose lock nobody holds."""
    for work in sorted((cache.root() / ".building").glob("*")):
        lock = cache.lock_of(work.name.removesuffix(".old"))
        with suppress(Timeout), lock.acquire(timeout=0):
            yield Waste(work, "left by a build that ended early", _size(work), _remover(work, lock))


def _downloads() -> Iterator[Waste]:
    for store in sorted(download.root().glob("linux-source-*")):
        if store.is_dir():
            remove = _remover(store, download.lock_of(store))
            yield Waste(store, "downloaded source", _size(store), remove)
    for root in private_apt.roots():
        if root.directory.is_dir():
            size = _size(root.directory)
            yield Waste(root.directory, "apt lists", size, _remover(root.directory, root.lock()))


def _remover(directory: Path, lock: FileLock) -> Callable[[], bool]:
    def remove() -> bool:
        with suppress(Timeout), lock.acquire(timeout=0):
            shutil.rmtree(directory, ignore_errors=True)
        return not directory.exists()

    return remove


def _size(directory: Path) -> int:
    return sum(file.lstat().st_size for file in directory.rglob("*") if not file.is_dir())
