# SPDX-License-Identifier: GPL-2.0-or-later
"""What any command with ``--kernel`` hands on to the kernels."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from hhf_testbed import kernels
from hhf_testbed.cli.options import get_kernel, kernel_options
from hhf_testbed.progress import Silent


@pytest.fixture
def asked(monkeypatch):
    calls = []
    monkeypatch.setattr(kernels, "get", lambda *args, **named: calls.append((args, named)))
    return calls


@click.command()
@kernel_options
def some(kernel_name: str | None, hz: int) -> None:
    get_kernel(kernel_name, hz, Silent())


def invoke(*arguments):
    done = CliRunner().invoke(some, arguments)
    assert done.exit_code == 0, done.output


def test_a_tree_and_fragments_reach_every_command_without_its_help(asked):
    invoke("--tree", "/a b", "--fragment", "x", "--fragment", "y", "--hz", "100")
    ((args, named),) = asked
    assert args == (None,)
    assert (named["tree"], named["fragments"], named["hz"]) == (Path("/a b"), ("x", "y"), 100)


def test_one_command_does_not_hear_the_options_of_another(asked):
    invoke("--tree", "/a")
    invoke("--kernel", "6.1")
    assert [named["tree"] for _, named in asked] == [Path("/a"), None]


def test_a_kernel_can_be_had_outside_of_any_command(asked):
    get_kernel("6.1", 250, Silent())
    assert (asked[0][1]["tree"], asked[0][1]["fragments"]) == (None, ())
