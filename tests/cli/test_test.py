# SPDX-License-Identifier: GPL-2.0-or-later
"""``hhf test``: what it runs, in which order, and what its exit status means."""

import pytest

from hhf_testbed import paths
from hhf_testbed.cli import test as subject
from hhf_testbed.cli.main import run

PASS = ("-c", "pass")
FAIL = ("-c", "raise SystemExit('spoilt')")


@pytest.fixture
def pytest_ends(monkeypatch):
    """Let pytest end at once with a given status; the list notes what it was given."""
    given = []

    def end(status: int) -> list[tuple[str, ...]]:
        def fake(_, arguments):
            given.append(arguments)
            print("pytest's summary")
            return subject.PYTEST_VERDICT.get(status, 2)

        monkeypatch.setattr(subject, "_pytest", fake)
        return given

    return end


@pytest.mark.parametrize(
    ("pytest_status", "status"), [(0, 0), (1, 1), (2, 2), (3, 2), (4, 2), (5, 2)]
)
def test_no_tests_or_a_broken_pytest_teach_nothing(
    monkeypatch, pytest_ends, pytest_status, status
) -> None:
    monkeypatch.setattr(subject, "LINTERS", {"one": PASS})
    pytest_ends(pytest_status)
    assert run(["test"]) == status


def test_a_failed_linter_is_named_and_pytest_still_runs(monkeypatch, pytest_ends, capsys) -> None:
    monkeypatch.setattr(subject, "LINTERS", {"good": PASS, "bad": FAIL})
    given = pytest_ends(0)
    assert run(["test"]) == 1
    assert given == [()]
    out, err = capsys.readouterr()
    assert "spoilt" in out
    assert err == "hhf: failed before pytest: bad\n"


def test_the_summary_of_pytest_comes_last(monkeypatch, pytest_ends, capsys) -> None:
    monkeypatch.setattr(subject, "LINTERS", {"good": PASS})
    pytest_ends(0)
    run(["test"])
    out, err = capsys.readouterr()
    assert out.splitlines()[-1] == "pytest's summary"
    assert err == ""


def test_arguments_go_to_pytest_and_nothing_else_runs(monkeypatch, pytest_ends) -> None:
    monkeypatch.setattr(subject, "LINTERS", {"bad": FAIL})
    given = pytest_ends(0)
    assert run(["test", "tests/cli", "-x", "-k", "a b"]) == 0
    assert given == [("tests/cli", "-x", "-k", "a b")]


def test_without_a_checkout_it_says_so(monkeypatch, tmp_path, capsys) -> None:
    monkeypatch.setattr(paths, "package_dir", lambda: tmp_path / "hhf_testbed")
    assert run(["test"]) == 2
    assert f"{tmp_path} has no tests" in capsys.readouterr().err
