# SPDX-License-Identifier: GPL-2.0-or-later
"""``hhf kernel``: which kernels are here, how to get one, and how to get rid of one."""

import json

import click

from hhf_testbed import kernels, progress
from hhf_testbed.cli import kernel_table
from hhf_testbed.cli.options import build_options, cache_errors, chosen, get_kernel
from hhf_testbed.errors import RequestError
from hhf_testbed.kernels import private_apt, prune


@click.group()
def kernel() -> None:
    """Kernels to run: list, build, path, prune."""


@kernel.command()
@click.argument("name", required=False)
@build_options
def build(name: str | None, hz: int) -> None:
    """Build the kernel NAME unless the cache has it; print its directory.

    NAME is a series such as 6.12: from this machine's apt if it offers that, otherwise from
    another Debian suite. 6.12-trixie asks for that suite's, 6.12+debug for a kernel that checks
    itself. Instead of a NAME, --tree DIR builds a kernel tree of your own, and leaves it alone.
    """
    _check_asked(name)
    click.echo(get_kernel(name, hz, progress.reporter()).directory)


@kernel.command()
@click.argument("name", required=False)
@build_options
def path(name: str | None, hz: int) -> None:
    """Print the directory of the kernel NAME (or --tree DIR), which must have been built."""
    _check_asked(name)
    extra = chosen()
    found = kernels.find(name, hz=hz, tree=extra.tree, fragments=extra.fragments)
    if not found:
        arguments = " ".join(filter(None, (name, *extra.words, f"--hz {hz}")))
        raise RequestError(
            f"kernel {name or extra.tree} with HZ={hz} has not been built as it is described now;"
            f" 'hhf kernel build {arguments}' builds it, 'hhf kernel list' shows what is there"
        )
    click.echo(found.directory)


def _check_asked(name: str | None) -> None:
    if not name and not chosen().tree:
        raise RequestError("which kernel? Allowed is a name such as 6.12, or --tree DIR")


@kernel.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="For programs: one JSON array.")
@click.option("--refresh", is_flag=True, help="First ask all Debian suites what they offer.")
def list_(as_json: bool, refresh: bool) -> None:
    """List the kernels in the cache, checking every byte, and those that can be had.

    An old one was made from another package version, other fragments or by another compiler
    than the same name stands for today.
    """
    with cache_errors():
        for root in private_apt.roots() if refresh else ():
            root.refresh(progress.reporter(), force=True)
    rows = [kernel_table.row(entry) for entry in kernels.cached()]
    if as_json:
        click.echo(json.dumps([vars(row) for row in rows], indent=1))
        return
    for line in kernel_table.lines(rows) if rows else []:
        click.echo(line)
    click.echo(f"apt offers: {', '.join(kernels.available()) or 'no linux-source-* package'}")
    click.echo("other suites: " + "; ".join(map(" ".join, kernels.elsewhere().items())))


@kernel.command(name="prune")
@click.option("--keep", multiple=True, metavar="NAME", help="Not this one; may be repeated.")
@click.option("--all", "everything", is_flag=True, help="All kernels, not only useless ones.")
@click.option("--downloads", is_flag=True, help="Also downloaded packages and apt's lists.")
@click.option("--dry-run", is_flag=True, help="Only show what would go.")
def prune_(keep: tuple[str, ...], everything: bool, downloads: bool, dry_run: bool) -> None:
    """Remove kernels that are damaged or old, and what dead builds left. Never one in use."""
    freed_bytes = 0
    with cache_errors():
        for waste in prune.waste(keep=keep, everything=everything, downloads=downloads):
            gone = dry_run or waste.remove()
            freed_bytes += waste.size_bytes if gone else 0
            why = waste.why if gone else "in use: stays"
            click.echo(f"{waste.size_bytes / 1e6:5.0f} MB  {waste.path}  ({why})")
    click.echo(f"{'would free' if dry_run else 'freed'} {freed_bytes / 1e6:.0f} MB")
