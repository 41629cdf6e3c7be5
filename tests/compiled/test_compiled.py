# SPDX-License-Identifier: GPL-2.0-or-later
"""The compiled model is the plain one, only faster; and it is never used half-made or outdated."""

import subprocess
import sys
from pathlib import Path

import pytest

from hhf_testbed.compiled import build, finder, recipe
from hhf_testbed.errors import LabFailure
from hhf_testbed.progress import Silent

PROGRAM = Path(__file__).with_name("random_traffic.py")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A compiled model, not optimised: that is compiled in half the time."""
    path = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HHF_CACHE", str(path))
        patch.setattr(recipe, "FLAGS", ("-O0", *recipe.FLAGS[1:]))
        if missing := build.missing():
            pytest.fail(f"the model cannot be compiled here: {missing}")
        return build.build(Silent())


def answers(*arguments: Path) -> list[str]:
    ended = subprocess.run(
        [sys.executable, PROGRAM, *arguments], capture_output=True, text=True, check=True
    )
    return ended.stdout.splitlines()


def test_compiled_and_plain_give_the_same_answers_to_random_traffic(built: Path) -> None:
    used, *compiled = answers(built)
    unused, *plain = answers()
    assert (used, unused) == ("True", "False")
    assert len(compiled) == len(plain) == 6 * 2000
    different = [(one, two) for one, two in zip(compiled, plain, strict=True) if one != two]
    assert different == []
    assert sum("Refused" in line for line in plain) > 100
    assert sum("admitted" in line for line in plain) > 100
    assert sum("runs backwards" in line for line in plain) > 100


def test_building_again_takes_what_is_there(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipe, "root", lambda: built.parent)
    monkeypatch.setattr(recipe, "directory", lambda: built)
    monkeypatch.setattr(build, "_make", lambda *_: pytest.fail("made again"))
    assert (build.build(Silent()) / recipe.COMPLETE).is_file()


def test_a_changed_source_or_another_mypy_is_another_model(monkeypatch, tmp_path) -> None:
    before = recipe.key()
    monkeypatch.setattr(recipe, "mypy_version", lambda: "0.0")
    assert recipe.key() != before
    monkeypatch.undo()
    (tmp_path / "model").mkdir()
    for module in (*recipe.MODULES, "features", "refusal", "../params", "../errors"):
        text = recipe.source(module).read_bytes()
        (tmp_path / "model" / f"{module}.py").write_bytes(text)
    monkeypatch.setattr(recipe.paths, "package_dir", lambda: tmp_path)
    assert recipe.key() == before
    with (tmp_path / "model" / "wdrr.py").open("a") as file:
        file.write("#")
    assert recipe.key() != before


def test_a_build_that_fails_leaves_nothing_that_could_be_used(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("HHF_CACHE", str(tmp_path))
    monkeypatch.setattr(build, "_python", lambda *_, **__: None)  # writes no C

    with pytest.raises(LabFailure, match="gcc"):
        build.build(Silent())
    assert [path.name for path in recipe.root().iterdir()] == [".lock"]


def test_a_library_that_does_not_pass_its_trial_is_not_published(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("HHF_CACHE", str(tmp_path))
    monkeypatch.setattr(build, "_compile", lambda _: None)

    def python(*arguments: str, deadline_s: float) -> None:  # noqa: ARG001
        if arguments[0] == "-c":
            raise LabFailure("the trial failed")

    monkeypatch.setattr(build, "_python", python)
    with pytest.raises(LabFailure, match="trial"):
        build.build(Silent())
    assert not recipe.directory().exists()


def test_a_source_that_changes_meanwhile_is_not_published(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("HHF_CACHE", str(tmp_path))
    keys = iter(("old", "new"))
    monkeypatch.setattr(recipe, "key", lambda: next(keys))
    monkeypatch.setattr(build, "_compile", lambda _: None)
    monkeypatch.setattr(build, "_python", lambda *_, **__: None)
    with pytest.raises(LabFailure, match="source changed"):
        build.build(Silent())
    assert not list(recipe.root().glob("model-*"))


def test_a_directory_without_its_mark_is_not_used(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("HHF_CACHE", str(tmp_path))
    for name in [name for name in sys.modules if name.startswith("hhf_testbed.model")]:
        monkeypatch.delitem(sys.modules, name)
    recipe.directory().mkdir(parents=True)
    before = list(sys.meta_path)
    assert finder.use() is False
    assert sys.meta_path == before
