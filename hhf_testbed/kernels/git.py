# SPDX-License-Identifier: GPL-2.0-or-later
"""A kernel tree in git: its content as git would commit it now, and its revision.

All of it goes through an index and an object store of our own, so nothing in .git changes, except
that git renews the time of objects which it finds there already.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hhf_testbed.errors import LabFailure
from hhf_testbed.kernels import archive
from hhf_testbed.progress import Reporter

PREFIX = "git-tree:"
"""In front of the hash of a git tree, so that it cannot be taken for another digest."""


@dataclass(frozen=True)
class _Repository:
    directory: Path
    variables: dict[str, str]

    def argv(self, *arguments: str) -> list[str]:
        # No hook or monitor of the repository's configuration is to run for us.
        quiet = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false")
        return ["git", "-C", str(self.directory), *quiet, *arguments]

    def ask(self, *arguments: str) -> str:
        done = self.run(*arguments)
        if done.returncode:
            said = done.stderr.strip()
            raise LabFailure(f"'git {' '.join(arguments)}' fails in {self.directory}: {said}")
        return done.stdout.strip()

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.argv(*arguments), env=self.environment, capture_output=True, text=True,
            errors="replace", check=False,
        )  # fmt: skip

    @property
    def environment(self) -> dict[str, str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
        return {**inherited, "LC_ALL": "C.UTF-8", "GIT_OPTIONAL_LOCKS": "0", **self.variables}


def knows(directory: Path, member: str) -> bool:
    """Tell whether git can say what belongs to this tree, for instance its file ``member``.

    It cannot in another user's repository, nor where .gitignore hides the sources: that of
    Debian's linux-source packages hides everything, and new files would be overlooked.
    """
    if not (directory / ".git").exists() or not shutil.which("git"):
        return False
    done = _Repository(directory, {}).run("check-ignore", "-q", "--no-index", member)
    return done.returncode == 1


def describe(directory: Path) -> tuple[str, str]:
    """Return the content's digest, uncommitted and new files included, and the revision."""
    with _snapshot(directory) as (repository, tree):
        head = repository.run("rev-parse", "--verify", "-q", "HEAD^{commit}").stdout.strip()
        if not head:
            return PREFIX + tree, "git, without a commit"
        name = repository.ask("describe", "--always", "--tags", "--abbrev=12")
        clean = repository.ask("rev-parse", f"{head}^{{tree}}") == tree
        state = "" if clean else ", with uncommitted changes"
        return PREFIX + tree, f"{name}, commit {head}{state}"


def copy(directory: Path, content: str, into: Path, reporter: Reporter) -> None:
    """Copy the tree as git archives it. Raises LabFailure unless it still has this content."""
    with _snapshot(directory) as (repository, tree):
        if PREFIX + tree != content:
            raise LabFailure(f"{directory} changed while its kernel was being built; try again")
        command = repository.argv("archive", "--format=tar", "--prefix=tree/", tree)
        with subprocess.Popen(
            command, env=repository.environment, stdout=subprocess.PIPE, start_new_session=True
        ) as git:
            assert git.stdout is not None
            archive.unpack(git.stdout, None, "tree", into, reporter)
        if git.returncode:
            raise LabFailure(f"'git archive' failed in {directory}: status {git.returncode}")


@contextmanager
def _snapshot(directory: Path) -> Iterator[tuple[_Repository, str]]:
    """Give the repository with a store of our own, and in it the tree of what is there now."""
    plain = _Repository(directory, {})
    index, objects = (
        directory / plain.ask("rev-parse", "--git-path", name) for name in ("index", "objects")
    )
    with tempfile.TemporaryDirectory(prefix="hhf-git-") as scratch:
        (Path(scratch) / "objects").mkdir()
        if index.exists():
            shutil.copy2(index, Path(scratch) / "index")
        repository = _Repository(
            directory,
            {
                "GIT_INDEX_FILE": f"{scratch}/index",
                "GIT_OBJECT_DIRECTORY": f"{scratch}/objects",
                "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(objects.resolve()),
            },
        )
        repository.ask("add", "--all", "--", ".")
        yield repository, repository.ask("write-tree")
