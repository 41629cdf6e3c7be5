# SPDX-License-Identifier: GPL-2.0-or-later
"""Compiles ``iperf3_patience.c`` once and keeps it in the cache."""

import hashlib
import os
import tempfile
from pathlib import Path

from hhf_testbed.errors import LabFailure
from hhf_testbed.paths import cache_dir, package_dir
from hhf_testbed.proc import run

DEADLINE_S = 60.0


def patience_library() -> Path:
    """Return the library to preload into iperf3 clients, compiling it if it is not cached.

    Raises:
        LabFailure: there is no compiler, or no place to write.
    """
    source = package_dir() / "traffic" / "iperf3_patience.c"
    key = hashlib.sha256(source.read_bytes()).hexdigest()[:12]
    library = cache_dir() / "preload" / f"iperf3_patience-{key}.so"
    if not library.exists():
        try:
            library.parent.mkdir(parents=True, exist_ok=True)
            _compile(source, library)
        except OSError as error:
            raise LabFailure(f"cannot write {library}: {error.strerror}") from error
    return library


def _compile(source: Path, library: Path) -> None:
    handle, name = tempfile.mkstemp(suffix=".so", dir=library.parent)
    os.close(handle)
    part = Path(name)
    try:
        argv = ["gcc", "-O2", "-Wall", "-Werror", "-shared", "-fPIC", "-o", name, str(source)]
        run(argv, deadline_s=DEADLINE_S, hint="hhf doctor says what is missing")
        part.chmod(0o755)
        part.rename(library)
    finally:
        part.unlink(missing_ok=True)
