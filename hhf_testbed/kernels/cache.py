# SPDX-License-Identifier: GPL-2.0-or-later
"""The cache of built kernels: one directory each, published whole or not at all.

A kernel is built in a work directory beside the others and renamed when finished; its manifest,
written last, lists size and SHA-256 of every file that a guest uses.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from hhf_testbed.kernels import lock
from hhf_testbed.kernels.kernel import MANIFEST, Kernel
from hhf_testbed.kernels.recipe import Recipe
from hhf_testbed.paths import cache_dir
from hhf_testbed.progress import Reporter

TREE_SUMS = "tree.sha256"
"""Digests of the files below tree/, in the format of sha256sum: too many for each start."""


@dataclass(frozen=True)
class Entry:
    """One directory of the cache. ``problem`` says why it must not be used, if so."""

    directory: Path
    recipe: Recipe | None
    kernel: Kernel | None
    problem: str

    @property
    def size_bytes(self) -> int:
        """Size on disk, without the file system's own overhead."""
        return sum(file.lstat().st_size for file in self.directory.rglob("*") if file.is_file())


def root() -> Path:
    """Directory of all kernels."""
    return cache_dir() / "kernels"


def entries() -> list[Entry]:
    """Every finished kernel, healthy or not, in the order of their names."""
    if not root().is_dir():
        return []
    return [read(path) for path in sorted(root().iterdir()) if path.name[0] != "."]


def read(directory: Path) -> Entry:
    """Read one directory. Checks presence and sizes of its files, which takes microseconds."""
    try:
        manifest = json.loads((directory / MANIFEST).read_text())
        recipe = Recipe(**manifest["recipe"])
        kernel = Kernel(**manifest["kernel"], directory=directory)
        sizes = {name: known["bytes"] for name, known in manifest["files"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return Entry(directory, None, None, f"{MANIFEST} cannot be read ({error})")
    return Entry(directory, recipe, kernel, _wrong_sizes(directory, sizes))


def _wrong_sizes(directory: Path, sizes: dict[str, int]) -> str:
    for name, expected in sizes.items():
        file = directory / name
        actual = file.stat().st_size if file.is_file() else None
        if actual is None:
            return f"{name} is missing"
        if actual != expected:
            return f"{name} has {actual} bytes instead of {expected}"
    return ""


def inspect(entry: Entry) -> str:
    """Compare every byte with its digest, which takes a second; return what is wrong, or ""."""
    if entry.problem:
        return entry.problem
    files = json.loads((entry.directory / MANIFEST).read_text())["files"]
    sums = {name: known["sha256"] for name, known in files.items()}
    for line in (entry.directory / TREE_SUMS).read_text().splitlines():
        value, _, name = line.partition("  ")
        sums[name] = value
    for name, expected in sums.items():
        file = entry.directory / name
        if not file.is_file():
            return f"{name} is missing"
        if sha256(file) != expected:
            return f"{name} has changed"
    return ""


def publish(work: Path, recipe: Recipe, release: str, source: str) -> Entry:
    """Seal the finished work directory and move it to its place in one step.

    ``source`` says for people where the kernel came from.
    """
    tree = sorted(file for file in (work / "tree").rglob("*") if file.is_file())
    sums = "".join(f"{sha256(file)}  {file.relative_to(work)}\n" for file in tree)
    (work / TREE_SUMS).write_text(sums)
    used = [work / "linux", work / "config", work / "seeded_getrandom.so", work / TREE_SUMS]
    used += sorted((work / "modules").glob("*.ko"))
    manifest = {
        "recipe": asdict(recipe),
        "kernel": {
            "name": recipe.name,
            "release": release,
            "hz": recipe.hz,
            "config_sha256": sha256(work / "config"),
            "key": recipe.key,
            "source": source,
        },
        "files": {
            str(file.relative_to(work)): {"bytes": file.stat().st_size, "sha256": sha256(file)}
            for file in used
        },
    }
    (work / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n")
    return read(work.rename(root() / recipe.directory_name))


@contextmanager
def workshop(recipe: Recipe, reporter: Reporter) -> Iterator[None]:
    """Hold the lock of one kernel, waiting for another command that builds it."""
    waiting = f"Another command is building kernel {recipe.name}; waiting for it."
    with lock.holding(lock_of(recipe.directory_name), waiting, reporter):
        yield


def lock_of(directory_name: str) -> FileLock:
    """Return the lock under which the kernel of this directory is built or removed."""
    locks = root() / ".locks"
    locks.mkdir(parents=True, exist_ok=True)
    return FileLock(locks / directory_name)


@contextmanager
def work_directory(recipe: Recipe) -> Iterator[Path]:
    """Give an empty directory that is removed unless it was published. Needs the lock."""
    _remove_leftovers()
    work = root() / ".building" / recipe.directory_name
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _remove_leftovers() -> None:
    """Remove the work directories of builds that died: those whose lock nobody holds."""
    for old in (root() / ".building").glob("*"):
        with suppress(Timeout), lock_of(old.name).acquire(timeout=0):
            shutil.rmtree(old, ignore_errors=True)


def discard(directory: Path) -> None:
    """Remove one kernel; renamed first, so that it is never seen half there."""
    doomed = root() / ".building" / f"{directory.name}.old"
    doomed.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(doomed, ignore_errors=True)
    shutil.rmtree(directory.rename(doomed), ignore_errors=True)


def sha256(file: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
