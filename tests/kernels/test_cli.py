# SPDX-License-Identifier: GPL-2.0-or-later
import json
import re

import pytest
from click.testing import CliRunner

from hhf_testbed.cli.kernel import kernel
from hhf_testbed.errors import RequestError
from hhf_testbed.kernels import apt, obtain
from hhf_testbed.progress import Silent


def hhf(*arguments):
    done = CliRunner().invoke(kernel, arguments)
    if done.exception:
        raise done.exception
    return done.output


def test_a_built_kernel_is_listed_and_has_a_path(builder):
    made = obtain.get(reporter=Silent(), builder=builder)
    (row,) = json.loads(hhf("list", "--json"))
    assert (row["name"], row["hz"], row["health"]) == ("6.12", 250, "good")
    assert row["path"] == str(made.directory)
    assert hhf("path", "6.12") == hhf("build", "6.12") == f"{made.directory}\n"
    head, row, offers, _ = hhf("list").splitlines()
    assert head.index("path") == row.index(str(made.directory))
    assert offers == "apt offers: 6.1, 6.12"


def test_a_damaged_kernel_is_listed_as_such(builder):
    made = obtain.get(reporter=Silent(), builder=builder)
    made.linux.write_text("cut")
    (row,) = json.loads(hhf("list", "--json"))
    assert row["health"] == "damaged: linux has 3 bytes instead of 16"


def test_a_kernel_of_an_older_package_is_listed_as_old(builder, monkeypatch):
    obtain.get("6.12", reporter=Silent(), builder=builder)
    newer = apt.Offer("6.12", "6.12.118-1", 1, "")
    monkeypatch.setattr(apt, "offers", lambda: [newer])
    assert json.loads(hhf("list", "--json"))[0]["health"] == "old"
    with pytest.raises(RequestError, match=r"'hhf kernel build 6\.12 --hz 250' builds it"):
        hhf("path", "6.12")


def test_an_empty_cache_is_listed():
    offers, others = hhf("list").splitlines()
    assert offers == "apt offers: 6.1, 6.12"
    assert others.startswith("other suites: bullseye not asked yet; ")
    assert json.loads(hhf("list", "--json")) == []


@pytest.mark.parametrize("command", ["path", "build"])
@pytest.mark.parametrize("name", ["linux", "6.12-buster", "6.12+fast", "6", "../6.12", "6.12-tree"])
def test_a_name_that_is_none_is_refused_with_what_is_one(command, name):
    with pytest.raises(RequestError, match=rf"{re.escape(repr(name))}: allowed .*-sid.*\+debug"):
        hhf(command, name)


@pytest.mark.parametrize("command", ["path", "build"])
def test_no_name_and_no_tree_is_refused(command):
    with pytest.raises(RequestError, match=r"which kernel.*6\.12, or --tree"):
        hhf(command)


def test_a_path_that_is_not_there_names_the_command_that_makes_it(tmp_path):
    fragment = tmp_path / "my own.config"
    fragment.write_text("CONFIG_BLOCK=y\n")
    with pytest.raises(RequestError) as refused:
        hhf("path", "6.12", "--fragment", str(fragment), "--hz", "100")
    assert f"'hhf kernel build 6.12 --fragment '{fragment}' --hz 100' builds it" in str(
        refused.value
    )
