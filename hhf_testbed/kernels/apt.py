# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernel source packages as this machine's own apt knows them. Nothing here needs root.

Asking apt takes most of a second, so its answer is kept until apt's lists, its settings or the
installed packages change.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from hhf_testbed.errors import RequestError
from hhf_testbed.paths import cache_dir

WATCHED = tuple(
    map(
        Path,
        (
            "/var/lib/apt/lists",
            "/var/lib/dpkg/status",
            "/etc/apt/sources.list",
            "/etc/apt/sources.list.d",
            "/etc/apt/preferences",
            "/etc/apt/preferences.d",
        ),
    )
)
"""What apt's answer depends on."""

_PACKAGE = re.compile(r"linux-source-(\d+\.\d+)")


@dataclass(frozen=True)
class Offer:
    """One source package that apt can install: its candidate version, size in bytes and digest."""

    series: str
    version: str
    size_bytes: int
    sha256: str

    @property
    def package(self) -> str:
        """Name of the Debian package."""
        return f"linux-source-{self.series}"

    @property
    def identity(self) -> str:
        """Package and version: what a kernel's key records as its source."""
        return f"{self.package} {self.version}"


def parse_offers(text: str) -> list[Offer]:
    """Read the output of ``apt-cache show``; oldest series first."""
    offers = []
    for stanza in text.split("\n\n"):
        fields = dict(re.findall(r"^([\w-]+): (.*)$", stanza, flags=re.MULTILINE))
        found = _PACKAGE.fullmatch(fields.get("Package", ""))
        if found and {"Version", "Size", "SHA256"} <= fields.keys():
            size = int(fields["Size"])
            offers.append(Offer(found[1], fields["Version"], size, fields["SHA256"]))
    return sorted(offers, key=lambda offer: numbers(offer.series))


def numbers(series: str) -> tuple[int, ...]:
    """Return a sort key, for 6.9 comes before 6.12."""
    return tuple(map(int, re.findall(r"\d+", series)))


def offers() -> list[Offer]:
    """Return what apt offers, oldest series first; empty on a machine without apt or its lists."""
    stamp = _stamp()
    memory = cache_dir() / "apt-offers.json"
    try:
        known = json.loads(memory.read_text())
        if known["stamp"] == stamp:
            return [Offer(**offer) for offer in known["offers"]]
    except (OSError, ValueError, KeyError, TypeError):
        pass  # never asked, or a file of another version: ask
    answer = parse_offers(_ask())
    _remember(memory, {"stamp": stamp, "offers": [asdict(offer) for offer in answer]})
    return answer


def resolve(name: str | None, known: Sequence[Offer]) -> Offer:
    """Return the offer called ``name``, or the newest. Raises RequestError if there is none."""
    if not known:
        raise RequestError(
            f"no kernel {name or 'source'} to be had: apt on this machine offers no"
            " linux-source-* package; on Debian, 'sudo apt-get update' fetches apt's lists"
        )
    for offer in reversed(known):
        if name in (None, offer.series):
            return offer
    choices = ", ".join(offer.series for offer in known)
    raise RequestError(f"unknown kernel {name!r}: apt on this machine offers {choices}")


def _ask() -> str:
    if not shutil.which("apt-cache"):
        return ""
    command = ["apt-cache", "show", "--no-all-versions", "linux-source-*"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def _stamp() -> list[int]:
    return [path.stat().st_mtime_ns if path.exists() else 0 for path in WATCHED]


def _remember(memory: Path, known: object) -> None:
    try:
        memory.parent.mkdir(parents=True, exist_ok=True)
        part = memory.with_suffix(".part")
        part.write_text(json.dumps(known))
        part.replace(memory)
    except OSError:
        pass  # a full or read-only disk costs a second next time, no more
