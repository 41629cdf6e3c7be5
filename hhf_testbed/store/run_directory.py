# SPDX-License-Identifier: GPL-2.0-or-later
"""One directory per run. It appears under its name only when it is complete, and never changes.

record.json    what was asked for, and with what it was made
trials/NAME/   raw output of each trial's guest
summary.json, claims.json, report.html, report.txt, figures/    derived from those
host.json      the one file that may differ between two runs of the same seed
manifest.json  SHA-256 of every other file
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from hhf_testbed.errors import LabFailure, RequestError

SCHEMA: Final = 1
"""Version of this layout. A reader refuses a newer one; an older one it must go on reading."""

RECORD, MANIFEST, HOST = "record.json", "manifest.json", "host.json"
UNFINISHED: Final = ".unfinished"


@contextmanager
def new_run(target: Path) -> Iterator[Path]:
    """Yield a directory to fill; when the block ends well it becomes ``target``, complete.

    If the block fails, what it had written stays beside ``target`` with the ending
    ``.unfinished`` so that it can be looked at; an empty one is removed.

    Raises:
        RequestError: ``target`` exists already.
        LabFailure: it cannot be written there.
    """
    if target.exists():
        raise RequestError(f"{target} exists already; a run is written once, to a new directory")
    with _disk_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        work = Path(
            tempfile.mkdtemp(prefix=f"{target.name}-", suffix=UNFINISHED, dir=target.parent)
        )
        work.chmod(0o755)
        try:
            yield work
            write_json(work / MANIFEST, {"schema": SCHEMA, "files": digest_all(work)})
            work.rename(target)
        except BaseException:
            _keep_or_remove(work)
            raise


def _keep_or_remove(work: Path) -> None:
    if not any((work / "trials").glob("*/*")):
        shutil.rmtree(work, ignore_errors=True)


@contextmanager
def _disk_errors(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LabFailure(
            f"the run {target} cannot be written: {error.strerror or error} "
            f"({error.filename}); free some space, or choose another place with --out or HHF_RUNS"
        ) from error


def open_run(directory: Path) -> dict[str, Any]:
    """Check a finished run and return its record.

    Raises:
        RequestError: there is no run, it is damaged, or its schema is newer than this program.
    """
    manifest = _read(directory, MANIFEST)
    schema = manifest.get("schema")
    if not isinstance(schema, int) or not 1 <= schema <= SCHEMA:
        raise RequestError(
            f"run {directory} has schema {schema!r}; this version of hhf reads 1 to {SCHEMA}"
        )
    _check_files(directory, manifest.get("files"))
    return _read(directory, RECORD)


def _check_files(directory: Path, files: object) -> None:
    if not isinstance(files, dict):
        raise RequestError(f"run {directory} is damaged: {MANIFEST} lists no files")
    for name, digest in files.items():
        path = directory / name
        if not path.is_file():
            raise RequestError(f"run {directory} is damaged: {name} is missing")
        if digest_of(path) != digest:
            raise RequestError(f"run {directory} is damaged: {name} is not what was written")


def _read(directory: Path, name: str) -> dict[str, Any]:
    path = directory / name
    if not directory.is_dir():
        raise RequestError(f"there is no run {directory}; allowed is the directory of a run")
    try:
        value = json.loads(path.read_text())
    except FileNotFoundError:
        raise RequestError(
            f"{directory} is no finished run: it has no {name} (was it interrupted?)"
        ) from None
    except (ValueError, OSError) as error:
        raise RequestError(f"run {directory} is damaged: {name}: {error}") from None
    if not isinstance(value, dict):
        raise RequestError(f"run {directory} is damaged: {name} is not a JSON object")
    return value


def digest_all(directory: Path) -> dict[str, str]:
    """SHA-256 of every file below, by relative path in order, but for what may differ."""
    names = sorted(
        path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file()
    )
    return {name: digest_of(directory / name) for name in names if name not in (HOST, MANIFEST)}


def digest_of(path: Path) -> str:
    """SHA-256 of one file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_json(path: Path, value: object) -> None:
    """Write JSON with sorted keys, so that equal values are equal bytes."""
    path.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n")


def free_bytes(target: Path) -> int:
    """Free space where ``target`` would be made."""
    place = target
    while not place.exists():
        place = place.parent
    return shutil.disk_usage(place).free if os.access(place, os.W_OK) else 0
