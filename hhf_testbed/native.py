# SPDX-License-Identifier: GPL-2.0-or-later
"""Compiles the few C programs of this package, each once, into the cache."""

import hashlib
import os
import tempfile
from pathlib import Path

from hhf_testbed.errors import LabFailure
from hhf_testbed.paths import cache_dir
from hhf_testbed.proc import run

DEADLINE_S = 60.0
FLAGS = ("-O2", "-Wall", "-Wextra", "-Werror")
LIBRARY_FLAGS = ("-shared", "-fPIC")


def compiled(source: Path, *, library: bool = False) -> Path:
    """Return the program, or the library to preload, made of one C file, or of all in a directory.

    The result is named after the contents of the files, so a changed one is compiled again.

    Raises:
        LabFailure: there is no compiler, the file does not compile, or the cache is not writable.
    """
    flags = [*FLAGS, *(LIBRARY_FLAGS if library else ())]
    files = sorted(source.glob("*.[ch]")) if source.is_dir() else [source]
    content = b"".join(file.read_bytes() for file in files)
    key = hashlib.sha256(content + " ".join(flags).encode()).hexdigest()[:12]
    target = cache_dir() / "native" / f"{source.stem}-{key}{'.so' if library else ''}"
    if not target.exists():
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            _compile([file for file in files if file.suffix == ".c"], target, flags)
        except OSError as error:
            raise LabFailure(f"cannot write {target}: {error.strerror}") from error
    return target


def _compile(sources: list[Path], target: Path, flags: list[str]) -> None:
    """Compile beside the target and rename, so that nobody meets half a file."""
    handle, name = tempfile.mkstemp(dir=target.parent)
    os.close(handle)
    part = Path(name)
    try:
        argv = ["gcc", *flags, "-o", name, *map(str, sources)]
        run(argv, deadline_s=DEADLINE_S, hint="'hhf doctor' says what is missing")
        part.chmod(0o755)
        part.rename(target)
    finally:
        part.unlink(missing_ok=True)
