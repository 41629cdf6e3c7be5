# SPDX-License-Identifier: GPL-2.0-or-later
import os
import shutil
import subprocess

import pytest

from hhf_testbed.errors import LabFailure, RequestError
from hhf_testbed.kernels import git, obtain
from hhf_testbed.kernels.tree import Tree
from hhf_testbed.progress import Silent

FILES = {
    "Makefile": "# SPDX\nVERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 3\n",
    "arch/um/Kconfig": "config HZ\n",
    "arch/x86/um/Makefile": "obj-y = x.o\n",
    "net/sched/sch_hhf.c": "int hhf;\n",
    "drivers/gpu/a.c": "left out\n",
    "drivers/gpu/Kconfig": "config GPU\n",
    ".gitignore": "*.o\n",
}
USER = ("-c", "user.name=a", "-c", "user.email=a@test")


@pytest.fixture(params=["git", "no git"])
def tree(request, tmp_path):
    tree = plant(tmp_path / "my linux")
    if request.param == "git":
        commit(tree)
    return tree


def plant(tree):
    for name, text in FILES.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    (tree / "net" / "link").symlink_to("sched")
    return tree


def run_git(tree, *arguments):
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
    command = ["git", "-C", str(tree), *USER, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit(tree, message="one"):
    if not (tree / ".git").exists():
        run_git(tree, "init", "-q")
    run_git(tree, "add", "-A")
    run_git(tree, "commit", "-q", "--allow-empty", "-m", message)


def state(tree):
    """Every file of the tree, .git included, with its content, and its time if not git's own."""
    files = [file for file in sorted(tree.rglob("*")) if file.is_file()]
    times = [".git" not in file.parts and file.stat().st_mtime_ns for file in files]
    return [(file, file.read_bytes(), time) for file, time in zip(files, times, strict=True)]


def get(tree, builder, hz=250):
    return obtain.get(tree=tree, hz=hz, reporter=Silent(), builder=builder)


def test_a_tree_is_built_once_for_its_content(tree, builder, built):
    kernel = get(tree, builder)
    assert (kernel.name, kernel.hz) == ("6.12-tree", 250)
    assert str(tree) in kernel.source
    assert get(tree, builder) == obtain.find(tree=tree) == kernel
    assert len(built) == 1


@pytest.mark.parametrize(
    "edit",
    [
        lambda tree: (tree / "net/sched/sch_hhf.c").write_text("int hhg;\n"),
        lambda tree: (tree / "net/sched/new.c").write_text("int new;\n"),
        lambda tree: (
            (tree / "arch/x86/um/Makefile").rename(tree / "arch/x86/um/Makefile.old")
            and shutil.copy(tree / "arch/x86/um/Makefile.old", tree / "arch/x86/um/Makefile")
        ),
        lambda tree: (tree / "net/sched/sch_hhf.c").chmod(0o755),
        lambda tree: (tree / "net/link").unlink() or (tree / "net/link").symlink_to("core"),
    ],
)
def test_an_edit_makes_another_kernel_and_undoing_it_finds_the_old_one(
    tree, builder, built, tmp_path, edit
):
    shutil.copytree(tree, tmp_path / "before", symlinks=True)
    old = get(tree, builder)
    edit(tree)
    assert get(tree, builder).key != old.key
    shutil.rmtree(tree)
    shutil.copytree(tmp_path / "before", tree, symlinks=True)
    assert get(tree, builder).key == old.key
    assert len(built) == 2


def test_what_a_build_leaves_in_the_tree_makes_no_difference(tree):
    before = Tree.read(tree)
    (tree / "net/sched/sch_hhf.o").write_bytes(b"\x7fELF")
    assert Tree.read(tree) == before


def test_a_tree_is_copied_without_drivers_and_without_being_touched(tree, tmp_path):
    (tree / "net/sched/sch_hhf.o").write_bytes(b"\x7fELF")
    (tree / "net/sched/sch_hhf.c").write_text("int edited;\n")
    (tree / "net/sched/new.c").write_text("int new;\n")
    before = state(tree)
    Tree.read(tree).copy(tmp_path / "copy", Silent())
    assert state(tree) == before
    copied = {
        str(file.relative_to(tmp_path / "copy")): file.read_text()
        for file in (tmp_path / "copy").rglob("*")
        if file.is_file() and "link" not in file.parts
    }
    expected = FILES | {"net/sched/sch_hhf.c": "int edited;\n", "net/sched/new.c": "int new;\n"}
    del expected["drivers/gpu/a.c"]
    assert copied == expected
    assert (tmp_path / "copy" / "net" / "link").readlink().name == "sched"


def test_a_tree_that_changes_under_the_build_is_refused(tree, tmp_path):
    seen = Tree.read(tree)
    (tree / "net/sched/sch_hhf.c").write_text("int later;\n")
    with pytest.raises(LabFailure, match="changed while"):
        seen.copy(tmp_path / "copy", Silent())


def test_the_git_revision_is_recorded_with_what_is_uncommitted(tmp_path, builder):
    tree = plant(tmp_path / "linux")
    commit(tree)
    run_git(tree, "tag", "v6.12.3")
    commit(tree, "two")
    head = run_git(tree, "rev-parse", "HEAD")
    assert Tree.read(tree).revision == f"v6.12.3-1-g{head[:12]}, commit {head}"
    (tree / "net/sched/sch_hhf.c").write_text("int edited;\n")
    assert Tree.read(tree).revision.endswith(f"{head}, with uncommitted changes")
    dirty = get(tree, builder)
    commit(tree, "three")
    assert "uncommitted" in dirty.source
    clean = get(tree, builder)
    assert (clean.key, "uncommitted" in clean.source) == (dirty.key, False)


def test_a_repository_without_a_commit_is_a_tree(tmp_path):
    tree = plant(tmp_path / "linux")
    run_git(tree, "init", "-q")
    assert Tree.read(tree).revision == "git, without a commit"


def test_a_tree_below_the_top_of_a_repository_is_read_as_files(tmp_path):
    tree = plant(tmp_path / "all" / "linux")
    commit(tmp_path / "all")
    assert Tree.read(tree).revision == "not read through git"


def test_a_tree_whose_gitignore_hides_its_sources_is_read_as_files(tmp_path):
    tree = plant(tmp_path / "linux")
    (tree / ".gitignore").write_text("/*\n!/debian/\n")
    run_git(tree, "init", "-q")
    run_git(tree, "add", "-f", ".")
    before = Tree.read(tree)
    (tree / "net/sched/new.c").write_text("int new;\n")
    assert Tree.read(tree).content != before.content


def test_a_repository_that_git_cannot_read_is_read_as_files(tmp_path):
    tree = plant(tmp_path / "linux")
    (tree / ".git").write_text("gitdir: /nonexistent\n")
    assert Tree.read(tree).revision == "not read through git"


def test_no_hook_and_no_variable_of_the_caller_reaches_git(tmp_path, monkeypatch):
    tree = plant(tmp_path / "linux")
    commit(tree)
    hook = tree / ".git/hooks/post-index-change"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    monkeypatch.setenv("GIT_DIR", "/nonexistent")
    assert Tree.read(tree).content.startswith(git.PREFIX)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("name", "told"),
    [("Makefile", "Makefile: No such file"), ("arch/um/Kconfig", "no arch/um/Kconfig"),
     ("net/sched/sch_hhf.c", "no net/sched/sch_hhf.c")],
)  # fmt: skip
def test_what_is_no_kernel_tree_is_named_with_the_reason(tree, name, told):
    (tree / name).unlink()
    with pytest.raises(RequestError, match=f"no kernel tree to test HHF on: .*{told}"):
        Tree.read(tree)


@pytest.mark.parametrize("text", ["", "all:\n", "VERSION = six\nPATCHLEVEL = 1\n", "\xff" * 10**6])
def test_a_makefile_of_something_else_is_no_kernel_tree(tree, text):
    (tree / "Makefile").write_text(text, encoding="latin-1")
    with pytest.raises(RequestError, match="states no VERSION"):
        Tree.read(tree)


@pytest.mark.parametrize("place", ["missing", "file"])
def test_a_place_that_is_no_directory_is_refused(tmp_path, place):
    (tmp_path / "file").touch()
    with pytest.raises(RequestError, match=f"{place} is no kernel tree"):
        Tree.read(tmp_path / place)


def test_a_tree_that_is_too_old_is_refused_with_the_oldest_allowed(tree):
    (tree / "Makefile").write_text("VERSION = 5\nPATCHLEVEL = 9\n")
    with pytest.raises(RequestError, match=r"is Linux 5\.9; allowed is 5\.10 or newer"):
        Tree.read(tree)


def test_a_name_and_a_tree_exclude_each_other(tree):
    with pytest.raises(RequestError, match="not both"):
        obtain.find("6.12", tree=tree)


def test_a_kernel_of_a_tree_is_never_what_a_name_stands_for(tree, builder, monkeypatch):
    get(tree, builder)
    monkeypatch.setattr(obtain.apt, "offers", list)
    assert obtain.find() is None
    assert obtain.find("6.12") is None
