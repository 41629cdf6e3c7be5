# SPDX-License-Identifier: GPL-2.0-or-later
import re
import threading
import time
from pathlib import Path

import pytest

from hhf_testbed.errors import LabFailure, RequestError
from hhf_testbed.kernels import apt, cache, obtain
from hhf_testbed.progress import Silent


def get(builder, name=None, hz=250, reporter=None):
    return obtain.get(name, hz=hz, reporter=reporter or Silent(), builder=builder)


class Told(Silent):
    """Remembers what was said."""

    def __init__(self):
        self.lines = []

    def say(self, text):
        self.lines.append(text)


def cut(file):
    file.write_text("cut")


def test_the_newest_series_is_built_once_and_then_found(builder, built):
    assert obtain.find() is None
    kernel = get(builder)
    assert (kernel.name, kernel.release, kernel.hz) == ("6.12", "6.12.117", 250)
    assert kernel.module("sch_hhf").read_text() == "content of modules/sch_hhf.ko"
    assert get(builder) == obtain.find() == obtain.find("6.12") == kernel
    assert len(built) == 1


def test_each_series_and_hz_is_a_kernel_of_its_own(builder, built):
    kernels = {get(builder, name, hz).directory for name in ("6.1", "6.12") for hz in (100, 250)}
    assert len(kernels) == len(built) == 4


def test_an_hz_that_no_distribution_uses_is_refused_with_the_choices(builder):
    with pytest.raises(RequestError, match=r"99 is not offered.*300"):
        get(builder, "6.12", 99)


def test_without_offers_the_newest_cached_kernel_is_found(builder, monkeypatch):
    kernels = {name: get(builder, name) for name in ("6.12", "6.1")}
    monkeypatch.setattr(apt, "offers", list)
    assert obtain.find() == kernels["6.12"]
    assert obtain.find("6.1") == kernels["6.1"]


def test_a_newer_package_version_makes_a_new_kernel(builder, monkeypatch):
    get(builder)
    newer = apt.Offer("6.12", "6.12.118-1", 1, "")
    monkeypatch.setattr(apt, "offers", lambda: [newer])
    assert obtain.find() is None
    assert get(builder).source == "linux-source-6.12 6.12.118-1"


@pytest.mark.parametrize("name", ["linux", "modules/sch_hhf.ko", "manifest.json", "tree.sha256"])
@pytest.mark.parametrize(
    ("damage", "told"),
    [(Path.unlink, "missing|cannot be read"), (cut, "has 3 bytes|cannot be read")],
)
def test_a_damaged_kernel_is_never_used_and_is_built_again(builder, built, name, damage, told):
    kernel = get(builder)
    damage(kernel.directory / name)
    assert obtain.find() is None
    reporter = Told()
    assert get(builder, reporter=reporter) == kernel
    assert len(built) == 2
    assert re.search(rf"damaged \({name}.*({told})", reporter.lines[0])


def test_a_changed_byte_is_seen_by_the_full_inspection(builder):
    kernel = get(builder)
    for name in ("linux", "tree/scripts/x"):
        file = kernel.directory / name
        text = file.read_text()
        file.write_text(text.upper())
        assert cache.inspect(cache.read(kernel.directory)) == f"{name} has changed"
        file.write_text(text)
    assert cache.inspect(cache.read(kernel.directory)) == ""


def test_two_commands_that_ask_at_once_build_once(builder, built):
    started = threading.Event()
    told = Told()
    kernels = []

    def slow(*arguments):
        started.set()
        deadline = time.monotonic() + 3
        while not told.lines and time.monotonic() < deadline:
            time.sleep(0.001)  # until the second command has met the lock
        return builder(*arguments)

    first = threading.Thread(target=lambda: kernels.append(get(slow)))
    first.start()
    assert started.wait(3)
    kernels.append(get(builder, reporter=told))
    first.join()
    assert len(built) == 1
    assert kernels[0] == kernels[1]
    assert told.lines == ["Another command is building kernel 6.12; waiting for it."]


@pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit, LabFailure])
def test_an_interrupted_build_leaves_nothing(builder, cache, end):
    def cut(offer, recipe, work, reporter):
        builder(offer, recipe, work, reporter)
        raise end

    with pytest.raises(end):
        get(cut)
    assert obtain.find() is None
    assert obtain.cached() == []
    assert list((cache / "kernels" / ".building").iterdir()) == []


def test_what_a_killed_build_left_is_removed_by_the_next(builder, cache):
    dead = cache / "kernels" / ".building" / "6.1-250hz-0123"
    dead.mkdir(parents=True)
    get(builder)
    assert not dead.exists()


def test_what_another_command_is_building_is_left_alone(builder):
    seen = []

    def nested(offer, recipe, work, reporter):
        get(builder, "6.1")
        seen.append(work.is_dir())
        return builder(offer, recipe, work, reporter)

    get(nested, "6.12")
    assert seen == [True]


def test_a_cache_that_cannot_be_written_is_one_sentence(builder, cache):
    cache.write_text("a file where a directory should be")
    with pytest.raises(LabFailure, match=r"cannot be written.*HHF_CACHE"):
        get(builder)
