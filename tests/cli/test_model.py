# SPDX-License-Identifier: GPL-2.0-or-later
"""``hhf model``: profiles in words, compiling, timing."""

import json

import pytest

from hhf_testbed.cli import main
from hhf_testbed.compiled import build, recipe
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


BENCH = ["model", "bench", "--packets", "1", "--rounds", "1"]


def test_bench_measures_the_plain_model_alone_if_so_asked(capsys) -> None:
    assert main.run([*BENCH, "--no-kernel", "--no-compiled", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["kernel"], found["packets"], found["rounds"]) == (None, 65_536, 1)
    assert set(found["mixes"]) == {"bulk", "light"}
    (line,) = found["mixes"]["bulk"]
    assert line["subject"] == "model, plain"
    assert line["cpu_ns"]["median"] > 0
    assert line["times_kernel"] is None


@pytest.mark.guest
def test_bench_sets_the_model_beside_the_kernel(kernel, capsys) -> None:
    assert main.run([*BENCH, "--no-compiled"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert "HZ 250, 65,536 packets a round" in said[0]
    assert [line for line in said if f"  Linux {kernel.release} " in line] != []
    assert sum("hash by itself" in line for line in said) == 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--packets", "0"], "0 is not in the range 1<=x<=10000000"),
        (["--packets", "99999999999"], "is not in the range 1<=x<=10000000"),
        (["--packets", "many"], "'many' is not a valid integer"),
        (["--rounds", "0"], "0 is not in the range 1<=x<=1000"),
        (["--hz", "7", "--no-kernel"], "hz is 7; the kernel's choices are 100, 250, 300, 1000"),
        (["--kernel", "9.9"], "9.9"),
        (["--kernel", ""], "--kernel is empty"),
        (["--kernel", "6.12", "--no-kernel"], "--kernel 6.12 contradicts --no-kernel"),
    ],
)
def test_bench_refuses_a_wrong_request_in_one_sentence(
    arguments, told, capsys, monkeypatch
) -> None:
    monkeypatch.setattr("hhf_testbed.kernels.sources._renew", lambda *_: None)  # no network
    assert main.run(["model", "bench", *arguments]) == 2
    said = capsys.readouterr().err
    assert told in said
    assert said.count("\n") == 1


def test_bench_without_a_compiler_says_what_is_missing(capsys, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("HHF_CACHE", str(tmp_path))
    monkeypatch.setattr(build.shutil, "which", lambda _: None)
    assert main.run([*BENCH, "--no-kernel"]) == 2
    said = capsys.readouterr().err
    assert "gcc is missing" in said
    assert said.count("\n") == 1


def test_bench_with_a_damaged_compiled_model_says_what_to_remove(
    capsys, monkeypatch, tmp_path
) -> None:
    monkeypatch.setenv("HHF_CACHE", str(tmp_path))
    monkeypatch.setenv("HHF_PLAIN", "1")
    recipe.directory().mkdir(parents=True)
    (recipe.directory() / recipe.COMPLETE).touch()
    assert main.run([*BENCH, "--no-kernel"]) == 2
    said = capsys.readouterr().err.splitlines()
    assert f"the compiled model in {recipe.directory()} cannot be used (" in said[-1]
    assert said[-1].endswith("remove that directory, and 'hhf model compile' makes it again")
    assert "Traceback" not in "".join(said)


def test_a_cache_that_cannot_be_written_is_named(capsys, monkeypatch, tmp_path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("HHF_CACHE", str(tmp_path / "file"))
    assert main.run(["model", "compile"]) == 2
    said = capsys.readouterr().err
    assert f"the cache {tmp_path}/file/compiled cannot be written: Not a directory" in said
    assert said.count("\n") == 1
