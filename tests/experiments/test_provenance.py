# SPDX-License-Identifier: GPL-2.0-or-later
"""A record says which revision of this program made it, and with which libraries."""

import subprocess
from pathlib import Path

import pytest

from hhf_testbed.experiments import provenance as subject


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one commit, taken for the place of the package."""
    monkeypatch.setattr(subject, "package_dir", lambda: tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    git(tmp_path, "init", "--quiet")
    (tmp_path / "file").write_text("one")
    git(tmp_path, "add", "file")
    git(tmp_path, "-c", "user.name=T", "-c", "user.email=t@t", "commit", "--quiet", "-m", "one")
    return tmp_path


def git(place: Path, *words: str) -> str:
    argv = ["git", "-C", str(place), *words]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()


def test_the_revision_is_the_whole_commit(checkout: Path) -> None:
    assert subject.revision() == git(checkout, "rev-parse", "HEAD")


def test_changes_make_it_dirty(checkout: Path) -> None:
    (checkout / "file").write_text("two")
    assert subject.revision() == git(checkout, "rev-parse", "HEAD") + "-dirty"


def test_every_change_of_the_package_changes_its_content(checkout: Path) -> None:
    seen = {subject.content()}
    (checkout / "file").write_text("two")
    seen.add(subject.content())
    (checkout / "file").rename(checkout / "other")
    seen.add(subject.content())
    (checkout / "__pycache__").mkdir()
    (checkout / "__pycache__" / "x.pyc").write_text("compiled")
    seen.add(subject.content())
    assert len(seen) == 3


def test_outside_of_a_repository_it_is_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.setattr(subject, "package_dir", lambda: tmp_path)
    assert subject.revision() == "unknown"


def test_without_git_it_is_unknown(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(checkout))
    assert subject.revision() == "unknown"


def test_every_library_that_results_depend_on_has_a_version() -> None:
    made_with = subject.provenance()
    assert set(made_with["libraries"]) == set(subject.LIBRARIES)
    assert all(text[0].isdigit() for text in made_with["libraries"].values())
    assert made_with["libraries"]["pyroute2"] == "0.9.7"


def test_a_library_that_is_not_there_is_called_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "LIBRARIES", ("no-such-library",))
    assert subject.provenance()["libraries"] == {"no-such-library": "missing"}
