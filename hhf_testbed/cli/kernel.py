# SPDX-License-Identifier: GPL-2.0-or-later
"""``hhf kernel``: which kernels are here, and how to get one."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import click

from hhf_testbed import kernels, progress
from hhf_testbed.errors import RequestError
from hhf_testbed.kernels import cache, obtain


@click.group()
def kernel() -> None:
    """Kernels to run: list, build, path."""


_hz = click.option(
    "--hz", type=int, default=obtain.DEFAULT_HZ, show_default=True, help="Ticks per second."
)


@kernel.command()
@click.argument("name")
@_hz
def build(name: str, hz: int) -> None:
    """Build the kernel NAME, such as 6.12, unless the cache has it; print its directory."""
    click.echo(kernels.get(name, hz=hz, reporter=progress.reporter()).directory)


@kernel.command()
@click.argument("name")
@_hz
def path(name: str, hz: int) -> None:
    """Print the directory of the kernel NAME, which must have been built."""
    found = kernels.find(name, hz=hz)
    if not found:
        obtain.offer(name)  # a name that nobody offers is the more helpful thing to say
        raise RequestError(
            f"kernel {name} with HZ={hz} has not been built as it is described now;"
            f" 'hhf kernel build {name} --hz {hz}' builds it, 'hhf kernel list' shows what is there"
        )
    click.echo(found.directory)


@kernel.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="For programs: one JSON array.")
def list_(as_json: bool) -> None:
    """List the kernels in the cache, checking every byte, and those that apt offers.

    An old one was made from another package version, other fragments or by another compiler
    than the same name stands for today.
    """
    rows = [_row(entry) for entry in kernels.cached()]
    if as_json:
        click.echo(json.dumps([vars(row) for row in rows], indent=1))
        return
    for line in _table(rows) if rows else []:
        click.echo(line)
    click.echo(f"apt offers: {', '.join(kernels.available()) or 'no linux-source-* package'}")


@dataclass(frozen=True)
class _Row:
    name: str
    release: str
    hz: int
    size_bytes: int
    config_sha256: str
    source: str
    health: str
    path: str


def _row(entry: cache.Entry) -> _Row:
    known = entry.kernel
    return _Row(
        name=known.name if known else "?",
        release=known.release if known else "?",
        hz=known.hz if known else 0,
        size_bytes=entry.size_bytes,
        config_sha256=known.config_sha256 if known else "",
        source=known.source if known else "",
        health=_health(entry),
        path=str(entry.directory),
    )


def _health(entry: cache.Entry) -> str:
    if problem := cache.inspect(entry):
        return f"damaged: {problem}"
    known = entry.kernel
    return "good" if known and kernels.find(known.name, hz=known.hz) == known else "old"


def _table(rows: list[_Row]) -> Iterator[str]:
    """Align the columns; the path, last, is never cut."""
    cells = [("name", "release", "HZ", "size", "config", "health", "path")]
    for row in rows:
        size = f"{row.size_bytes / 1e6:.0f} MB"
        cells.append(
            (row.name, row.release, str(row.hz), size, row.config_sha256[:12], row.health, row.path)
        )
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        yield "  ".join(map(str.ljust, line, widths)).rstrip()
