# SPDX-License-Identifier: GPL-2.0-or-later
"""``hhf model``: profiles in words, compiling, timing."""

import json

import pytest

from hhf_testbed.cli import main
from hhf_testbed.compiled import build
from hhf_testbed.model import PROFILES
from hhf_testbed.model.features import CHANGES


def test_list_names_every_profile_and_what_it_lacks(capsys) -> None:
    assert main.run(["model", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(PROFILES)
    assert "as the newest kernel known" in lines[-1]
    assert main.run(["model", "list", "--json"]) == 0
    lacks = json.loads(capsys.readouterr().out)
    assert lacks["6.12"] == []
    assert lacks["5.10"][0] == "peeked_trimmed"


def test_diff_says_each_change_with_commit_and_subject(capsys) -> None:
    assert main.run(["model", "diff", "5.10", "6.12"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 6
    assert lines[0].startswith("- change to a lower limit drops the peeked packet first [before: ")
    assert lines[0].endswith("(2d3cbfd6d54a net_sched: Flush gso_skb list too during ->change())")


def test_diff_backwards_says_what_was_lost(capsys) -> None:
    main.run(["model", "diff", "6.12", "6.12-early", "--json"])
    found = {change["feature"]: change for change in json.loads(capsys.readouterr().out)}
    known = {change.feature: change for change in CHANGES}
    assert found["quantum_floor"]["after"] == known["quantum_floor"].without
    assert found["quantum_floor"]["commit"] == "eb56a495f59b"


def test_identical_profiles_are_said_to_be(capsys) -> None:
    assert main.run(["model", "diff", "6.1", "7.2"]) == 0
    assert capsys.readouterr().out == "6.1 and 7.2 behave the same.\n"


def test_an_unknown_profile_is_one_sentence_with_the_known_ones(capsys) -> None:
    assert main.run(["model", "diff", "6.1", "9.9"]) == 2
    allowed = ", ".join(PROFILES)
    assert capsys.readouterr().err == f"hhf: there is no profile '9.9'; allowed are {allowed}\n"


def test_compile_says_what_is_missing_and_what_mends_it(capsys, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("HHF_CACHE", str(tmp_path))
    monkeypatch.setattr(build.sysconfig, "get_path", lambda _: str(tmp_path))
    assert main.run(["model", "compile"]) == 2
    err = capsys.readouterr().err
    assert "Python.h is missing: 'sudo apt-get install python3-dev'" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("as_json", [True, False])
def test_bench_measures_the_plain_model_where_none_is_compiled(
    capsys, monkeypatch, tmp_path, as_json
) -> None:
    monkeypatch.setenv("HHF_CACHE", str(tmp_path))
    arguments = ["model", "bench", "--packets", "1", "--rounds", "1"]
    assert main.run([*arguments, *["--json"] * as_json]) == 0
    said = capsys.readouterr().out
    if as_json:
        (found,) = json.loads(said)
        assert found["model"] == "plain"
        assert set(found["packets_per_s"]) == {"bulk", "light"}
    else:
        assert said.startswith("plain     bulk")
        assert said.endswith("No compiled model: 'hhf model compile' makes it.\n")
