# SPDX-License-Identifier: GPL-2.0-or-later
"""A kernel tree that is not in git: the digest of every file that a build here reads."""

import fnmatch
import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from hhf_testbed.errors import LabFailure
from hhf_testbed.kernels import archive
from hhf_testbed.progress import Reporter

MADE = """
    *.o *.a *.ko *.mod *.mod.c *.cmd *.order *.so *.so.dbg *.lex.c *.tab.[ch] .config .config.old
    include/config/* include/generated/* arch/*/include/generated/* arch/*/boot/*Image
    .tmp_* vmlinux linux System.map Module.symvers .git .git/*
""".split()  # noqa: SIM905
"""What a build in the tree leaves behind, which must not reach ours."""


def digest(directory: Path) -> str:
    """SHA-256 over names, modes and contents; takes about two seconds for a whole kernel."""
    total = hashlib.sha256()
    for name in files(directory):
        file = directory / name
        if file.is_symlink():
            kind, content = "link", bytes(file.readlink())
        else:
            kind, content = f"{file.stat().st_mode:o}", file.read_bytes()
        total.update(f"{name}\0{kind}\0{hashlib.sha256(content).hexdigest()}\n".encode())
    return total.hexdigest()


def copy(directory: Path, content: str, into: Path, reporter: Reporter) -> None:
    """Copy those files. Raises LabFailure unless they still have this digest."""
    with reporter.step("Copying the kernel source"):
        for name in files(directory):
            (into / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(directory / name, into / name, follow_symlinks=False)
        if digest(into) != content:
            raise LabFailure(f"{directory} changed while its kernel was being built; try again")


def files(directory: Path) -> list[str]:
    """Names of the files that matter, relative and sorted."""
    skipped = re.compile("|".join(map(fnmatch.translate, [*archive.left_out(), *MADE])))
    return sorted(name for name in _all_files(directory) if not skipped.match(name))


def _all_files(top: Path) -> Iterator[str]:
    for here, directories, files in os.walk(top):
        links = (name for name in directories if (Path(here) / name).is_symlink())
        place = os.path.relpath(here, top)
        yield from (name if place == "." else f"{place}/{name}" for name in chain(files, links))
