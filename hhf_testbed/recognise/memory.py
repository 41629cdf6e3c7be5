# SPDX-License-Identifier: GPL-2.0-or-later
"""Keeps in the cache what was found out about a kernel, so that it is asked once.

A file's name is the digest of all that the answer depends on: the kernel, its module sch_hhf, and
the sources of the probes, of the driver and of the model. A damaged file is as good as none.
"""

import hashlib
import json
import tempfile
from collections.abc import Iterable
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Final

from hhf_testbed.errors import LabFailure
from hhf_testbed.kernels import Kernel
from hhf_testbed.model.features import CHANGES
from hhf_testbed.paths import cache_dir, package_dir
from hhf_testbed.recognise.evidence import Evidence
from hhf_testbed.recognise.recognised import Recognised

JUDGES: Final = ("recognise", "conform", "model")
SUFFIXES: Final = (".py", ".c", ".h")


def remembered(kernel: Kernel, module: Path | None = None) -> Recognised | None:
    """Return what is known of a kernel without asking it; None if it was not asked yet.

    Args:
        kernel: the kernel.
        module: the sch_hhf.ko in question; the kernel's own if none is given.
    """
    try:
        text = _place(kernel, module or kernel.module("sch_hhf")).read_text()
        evidence = [Evidence(**one) for one in json.loads(text)]
    except (OSError, ValueError, TypeError, LabFailure):
        return None
    if [e.feature for e in evidence] != [change.feature for change in CHANGES]:
        return None
    return Recognised(evidence)


def remember(kernel: Kernel, module: Path, found: Recognised) -> None:
    """Keep it. Raises LabFailure if the cache cannot be written."""
    target = _place(kernel, module)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=target.parent, delete=False) as part:
            json.dump([asdict(e) for e in found.evidence], part, indent=1)
        Path(part.name).replace(target)
    except OSError as error:
        raise LabFailure(f"cannot write {target}: {error.strerror}") from error


def _place(kernel: Kernel, module: Path) -> Path:
    parts = (kernel.key.encode(), module.read_bytes(), _judges().encode())
    return cache_dir() / "recognised" / f"{_digest(parts)}.json"


@cache
def _judges() -> str:
    """Return a digest of every source that has a say in the answer."""
    found = (path for folder in JUDGES for path in (package_dir() / folder).rglob("*"))
    return _digest(path.read_bytes() for path in sorted(found) if path.suffix in SUFFIXES)


def _digest(parts: Iterable[bytes]) -> str:
    whole = hashlib.sha256()
    for part in parts:
        whole.update(hashlib.sha256(part).digest())
    return whole.hexdigest()[:16]
