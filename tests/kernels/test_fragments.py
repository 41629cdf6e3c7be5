# SPDX-License-Identifier: GPL-2.0-or-later
import re

import pytest

from hhf_testbed.errors import LabFailure, RequestError
from hhf_testbed.kernels import fragments

CONFIG = """#
# Automatically generated file; DO NOT EDIT.
# Linux/um 6.12.117 Kernel Configuration
#
CONFIG_HZ=250
CONFIG_NET_SCHED=y
CONFIG_NET_SCH_HHF=m
# CONFIG_BLOCK is not set
CONFIG_DEFAULT_TCP_CONG="cubic"
"""


def test_a_fragment_is_read_value_for_value():
    text = '# why\n\nCONFIG_A=y\nCONFIG_B=m\nCONFIG_C=n\n# CONFIG_D is not set\nCONFIG_E="x y"\n'
    assert fragments.parse(text) == {"A": "y", "B": "m", "C": "n", "D": "n", "E": '"x y"'}


@pytest.mark.parametrize("line", ["NET_SCHED=y", "CONFIG_NET_SCHED", "CONFIG_=y", "y"])
def test_a_line_that_is_no_option_is_refused(line):
    with pytest.raises(RequestError, match="is no Kconfig line"):
        fragments.parse(line)


def test_an_option_asked_for_twice_with_two_values_is_refused():
    with pytest.raises(RequestError, match="CONFIG_A is asked for as y and as m"):
        fragments.parse("CONFIG_A=y\nCONFIG_A=m\n")


def test_options_as_asked_for_pass(tmp_path):
    (tmp_path / ".config").write_text(CONFIG)
    asked = {"NET_SCH_HHF": "m", "BLOCK": "n", "NEVER_HEARD_OF": "n", "HZ": "250"}
    fragments.check(asked, tmp_path / ".config")


def test_every_lost_option_is_listed(tmp_path):
    (tmp_path / ".config").write_text(CONFIG)
    asked = {"NET_SCH_HHF": "y", "NET_SCHED": "y", "VETH": "y", "HZ": "1000", "NET_SCH": "y"}
    with pytest.raises(LabFailure) as failure:
        fragments.check(asked, tmp_path / ".config")
    assert "refused 4 of 5" in str(failure.value)
    for text in ("NET_SCH_HHF=y (is m)", "VETH=y (is n)", "HZ=1000 (is 250)", "NET_SCH=y (is n)"):
        assert f"CONFIG_{text}" in str(failure.value)


def test_the_shipped_fragments_ask_for_hhf_as_a_module_and_for_its_peers():
    options = fragments.parse(fragments.shipped())
    peers = {name for name in options if re.fullmatch("NET_SCH_(?!HHF).*", name)}
    assert options["NET_SCH_HHF"] == "m"
    assert options["UML_TIME_TRAVEL_SUPPORT"] == "y"
    named = ("FIFO", "SFQ", "FQ", "FQ_CODEL", "CODEL", "CAKE", "PIE", "RED", "TBF", "HTB", "DRR")
    assert {f"NET_SCH_{name}" for name in (*named, "HFSC", "NETEM", "PLUG")} <= peers
    assert {options[name] for name in peers} == {"y"}
