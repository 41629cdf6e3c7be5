# SPDX-License-Identifier: GPL-2.0-or-later
"""One directory per run. It appears under its name only when it is complete, and never changes.

record.json    what was asked for, and with what it was made
trials/NAME/   raw output of each trial's guest
summary.json, claims.json, report.html, report.txt, figures/    derived from those
host.json      the one file that may differ between two runs of the same seed
manifest.json  SHA-256 of every other file
"""

import errno
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

FULL: Final = (errno.ENOSPC, errno.EDQUOT)
NAME_BYTES_MAX: Final = 255 - len("-12345678") - len(UNFINISHED)
"""Linux allows 255; an unfinished run's name is longer by a random part and its ending."""

RECORD_KEYS: Final = ("command", "clock", "kernel", "versions", "specification")
"""Without these, a run can be neither judged nor repeated."""


@contextmanager
def new_run(target: Path) -> Iterator[Path]:
    """Yield a directory to fill; when the block ends well it becomes ``target``, complete.

    If the block fails, what it had written stays beside ``target`` with the ending
    ``.unfinished`` so that it can be looked at, and the error says where; one without any trial
    is removed, and so is one that the user interrupted.

    Raises:
        RequestError: ``target`` exists already, or cannot be made there.
        LabFailure: it cannot be written there.
    """
    check_place(target)
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
        except LabFailure as error:
            if not _keep(work):
                raise
            raise LabFailure(f"{error}\nWhat it had written is in {work}") from error
        except Exception:
            _keep(work)
            raise
        except BaseException:  # Ctrl-C, or a signal that asks to end
            shutil.rmtree(work, ignore_errors=True)
            raise


def _keep(work: Path) -> bool:
    """Keep what may tell why a run failed, and say whether there is any."""
    if any((work / "trials").glob("*/*")):
        return True
    shutil.rmtree(work, ignore_errors=True)
    return False


@contextmanager
def _disk_errors(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno is None:  # not from the operating system, such as a wrong argument
            raise
        where = f" ({error.filename})" if error.filename else ""
        mend = "free some space, or " if error.errno in FULL else ""
        raise LabFailure(
            f"the run {target} cannot be written: {error.strerror}{where}; "
            f"{mend}choose another place with --out or HHF_RUNS"
        ) from error


def check_place(target: Path) -> None:
    """Check that a run can be made under this name.

    Raises:
        RequestError: says what is in the way.
    """
    if len(os.fsencode(target.name)) > NAME_BYTES_MAX:
        raise RequestError(
            f"the run's name {target.name[:20]}... is longer than {NAME_BYTES_MAX} bytes, "
            "which is what is allowed"
        )
    try:
        if os.path.lexists(target):
            raise RequestError(
                f"{target} exists already; a run is written once, to a new directory"
            )
        place = _existing(target)
        if not place.is_dir():
            raise RequestError(
                f"{target} cannot be made, because {place} is no directory; "
                "allowed is a name in a directory that this user can write"
            )
    except OSError as error:
        raise RequestError(f"{target} cannot be made: {error.strerror}") from None
    if not os.access(place, os.W_OK | os.X_OK):
        raise RequestError(
            f"{target} cannot be made, because this user cannot write to {place}; "
            "allowed is a name in a directory that this user can write"
        )


def open_run(directory: Path) -> dict[str, Any]:
    """Check a finished run and return its record.

    Raises:
        RequestError: there is no run, it is damaged, or its schema is newer than this program.
    """
    try:
        manifest = _read(directory, MANIFEST)
        _check_schema(directory, manifest.get("schema"))
        _check_files(directory, manifest.get("files"))
        record = _read(directory, RECORD)
    except OSError as error:
        raise RequestError(
            f"run {directory} cannot be read: {error.strerror} ({error.filename})"
        ) from None
    _check_schema(directory, record.get("schema"))
    if not (directory / "trials").is_dir():
        raise RequestError(
            f"{directory} is the report of a run and has no trials; allowed is the run itself"
        )
    if missing := [key for key in RECORD_KEYS if key not in record]:
        raise RequestError(f"run {directory} is damaged: {RECORD} has no {', '.join(missing)}")
    return record


def _check_schema(directory: Path, schema: object) -> None:
    if type(schema) is not int or not 1 <= schema <= SCHEMA:
        raise RequestError(
            f"run {directory} has schema {schema!r}; this version of hhf reads "
            + (f"1 to {SCHEMA}" if SCHEMA > 1 else "schema 1")
        )


def _check_files(directory: Path, files: object) -> None:
    if not isinstance(files, dict) or RECORD not in files:
        raise RequestError(f"run {directory} is damaged: {MANIFEST} does not list {RECORD}")
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
    except ValueError as error:
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
    return shutil.disk_usage(_existing(target)).free


def _existing(target: Path) -> Path:
    """Return what is there of the directories that ``target`` would be in."""
    place = target.parent
    while not place.exists():
        place = place.parent
    return place
