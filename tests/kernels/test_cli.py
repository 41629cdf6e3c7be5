# SPDX-License-Identifier: GPL-2.0-or-later
import json

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
    head, row, offers = hhf("list").splitlines()
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
    assert hhf("list") == "apt offers: 6.1, 6.12\n"
    assert json.loads(hhf("list", "--json")) == []


@pytest.mark.parametrize("command", ["path", "build"])
def test_an_unknown_kernel_is_refused_with_the_choices(command):
    with pytest.raises(RequestError, match=r"5\.99.*offers:? 6\.1, 6\.12"):
        hhf(command, "5.99")
