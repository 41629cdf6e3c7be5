# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernel source packages as this machine's own apt knows them. Nothing here needs root.

Asking apt takes most of a second, so its answer is kept until apt's lists, its settings or the
installed packages change.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

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
    """One source package that apt can fetch: its candidate version, size in bytes and digest.

    ``suite`` names the Debian suite whose private root has it; empty for the machine's own apt.
    """

    series: str
    version: str
    size_bytes: int
    sha256: str
    suite: str = ""

    @property
    def package(self) -> str:
        """Name of the Debian package."""
        return f"linux-source-{self.series}"

    @property
    def identity(self) -> str:
        """Package and version: what a kernel's key records as its source."""
        return f"{self.package} {self.version}"

    @property
    def described(self) -> str:
        """Where a kernel came from, for people."""
        return self.identity


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
    return remembered(cache_dir() / "apt-offers.json", WATCHED, ask)


def remembered(memory: Path, watched: Sequence[Path], question: Callable[[], str]) -> list[Offer]:
    """Return apt's answer, from the file ``memory`` unless something ``watched`` has changed."""
    stamp = [path.stat().st_mtime_ns if path.exists() else 0 for path in watched]
    try:
        known = json.loads(memory.read_text())
        if known["stamp"] == stamp:
            return [Offer(**offer) for offer in known["offers"]]
    except (OSError, ValueError, KeyError, TypeError):
        pass  # never asked, or a file of another version: ask
    answer = parse_offers(question())
    _remember(memory, {"stamp": stamp, "offers": [asdict(offer) for offer in answer]})
    return answer


def ask(options: Sequence[str] = ()) -> str:
    """Return what apt-cache shows of the kernel sources; ``options`` choose another apt root."""
    if not shutil.which("apt-cache"):
        return ""
    command = ["apt-cache", *options, "show", "--no-all-versions", "linux-source-*"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def _remember(memory: Path, known: object) -> None:
    try:
        memory.parent.mkdir(parents=True, exist_ok=True)
        part = memory.with_suffix(".part")
        part.write_text(json.dumps(known))
        part.replace(memory)
    except OSError:
        pass  # a full or read-only disk costs a second next time, no more
