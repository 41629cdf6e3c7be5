# SPDX-License-Identifier: GPL-2.0-or-later
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from hhf_testbed.cli.kernel import kernel as command
from hhf_testbed.errors import RequestError
from hhf_testbed.kernels import apt, cache, in_use, obtain, prune
from hhf_testbed.kernels.cache import lock_of
from hhf_testbed.progress import Silent


@pytest.fixture
def kernels(builder):
    """Two good kernels that nobody uses."""
    made = {name: obtain.get(name, reporter=Silent(), builder=builder) for name in ("6.1", "6.12")}
    release()
    return made


def release():
    """Forget what this process holds, as its end does."""
    for mark in in_use._held.values():
        os.close(mark)
    in_use._held.clear()


def hhf_prune(*arguments):
    done = CliRunner().invoke(command, ("prune", *arguments))
    if done.exception:
        raise done.exception
    return done.output


def there():
    return [entry.recipe.name for entry in cache.entries() if entry.recipe]


def test_good_kernels_stay(kernels):
    assert hhf_prune() == "freed 0 MB\n"
    assert there() == list(kernels)


def test_an_old_and_a_damaged_kernel_go(kernels, monkeypatch):
    newer = apt.Offer("6.12", "6.12.118-1", 1, "")
    former = apt.offers()[0]
    monkeypatch.setattr(apt, "offers", lambda: [former, newer])
    assert [waste.why for waste in prune.waste()] == ["old"]
    kernels["6.1"].linux.write_text("cut")
    assert [waste.why.partition(":")[0] for waste in prune.waste()] == ["damaged", "old"]
    assert hhf_prune().count("  (") == 2
    assert there() == []


@pytest.mark.usefixtures("kernels")
def test_all_spares_what_is_to_be_kept():
    hhf_prune("--all", "--keep", "6.1")
    assert there() == ["6.1"]
    with pytest.raises(RequestError, match=r"no kernel '6\.12' to keep.*there are: 6\.1"):
        hhf_prune("--keep", "6.12")


def test_a_dry_run_removes_nothing_and_says_the_same(kernels):
    shown = hhf_prune("--all", "--dry-run").splitlines()
    assert there() == list(kernels)
    assert hhf_prune("--all").splitlines()[:-1] == shown[:-1]
    assert there() == []


HOLDER = (
    "import sys\nfrom pathlib import Path\nfrom hhf_testbed.kernels import in_use\n"
    "assert in_use.hold(Path(sys.argv[1]))\nprint('held', flush=True)\nsys.stdin.read()"
)


def test_a_kernel_that_another_process_uses_stays_until_that_ends(kernels):
    directory = kernels["6.12"].directory
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(directory)],
        cwd=Path(prune.__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as user:
        assert user.stdout.readline() == b"held\n"
        assert "(in use: stays)" in hhf_prune("--all")
        assert there() == ["6.12"]
        user.kill()
    hhf_prune("--all")
    assert there() == []


@pytest.mark.usefixtures("kernels")
def test_what_get_returns_is_in_use(builder):
    obtain.get("6.1", reporter=Silent(), builder=builder)
    hhf_prune("--all")
    assert there() == ["6.1"]
    release()


def test_a_kernel_that_is_being_built_again_stays(kernels):
    with cache.lock_of(kernels["6.1"].directory.name):
        assert [waste.remove() for waste in prune.waste(everything=True)] == [False, True]
    assert there() == ["6.1"]


def test_a_kernel_that_is_gone_cannot_be_held_and_is_made_again(kernels, builder, monkeypatch):
    gone = []
    real = in_use.hold

    def lose_once(directory):
        if not gone:
            gone.append(directory)
            cache.discard(directory)
        return real(directory)

    monkeypatch.setattr(in_use, "hold", lose_once)
    again = obtain.get("6.12", reporter=Silent(), builder=builder)
    assert again.directory == gone[0] == kernels["6.12"].directory
    assert again.linux.exists()
    release()


def test_a_kernel_that_goes_while_its_lock_is_waited_for_cannot_be_held(kernels, monkeypatch):
    directory = kernels["6.1"].directory
    monkeypatch.setattr(in_use.fcntl, "flock", lambda *_: cache.discard(directory))
    assert not in_use.hold(directory)
    release()


def test_the_last_use_is_noted(kernels):
    directory = kernels["6.1"].directory
    os.utime(directory / "manifest.json", (1, 1))
    assert in_use.last_use_s(directory) == 1
    assert in_use.hold(directory)
    assert in_use.last_use_s(directory) > 1
    release()


@pytest.mark.usefixtures("kernels")
def test_downloads_and_lists_go_only_when_asked_for(cache):
    for name in ("downloads/linux-source-6.1/x.deb", "apt/sid/lists/x", "downloads/other/x"):
        (cache / name).parent.mkdir(parents=True)
        (cache / name).write_text("x")
    hhf_prune("--all")
    assert (cache / "downloads/linux-source-6.1/x.deb").exists()
    hhf_prune("--downloads")
    assert not (cache / "downloads/linux-source-6.1").exists()
    assert not (cache / "apt/sid").exists()
    assert (cache / "downloads/other/x").exists()


def test_what_a_dead_build_left_goes_and_what_a_live_one_has_stays(cache):
    for name in ("6.1-250hz-dead", "6.1-250hz-live"):
        (cache / "kernels" / ".building" / name).mkdir(parents=True)
    with lock_of("6.1-250hz-live"):
        assert "6.1-250hz-live" not in hhf_prune()
    (left,) = (cache / "kernels" / ".building").iterdir()
    assert left.name == "6.1-250hz-live"
