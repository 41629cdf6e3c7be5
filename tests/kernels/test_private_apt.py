# SPDX-License-Identifier: GPL-2.0-or-later
import os
import threading

import pytest

from hhf_testbed.errors import LabFailure, RequestError
from hhf_testbed.kernels import apt, jobs, names, obtain, private_apt, prune, sources
from hhf_testbed.kernels.private_apt import PrivateRoot
from hhf_testbed.progress import Silent

URIS = """'http://mirror.test/debian/dists/bookworm-updates/InRelease' x 0
'http://vendor.test/dists/nodistro/InRelease' x 0
'cdrom://[Debian]/dists/bookworm/InRelease' x 0
'http://mirror.test/debian//dists/bookworm/InRelease' mirror.test_debian 0
'http://other.test/debian/dists/sid/InRelease' x 0
'http://secure.test/dists/bookworm-security/InRelease' x 0
"""
SHOWN = "Package: linux-source-{0}\nVersion: {0}.{1}-1\nSize: 7\nSHA256: aa\n\n"
APT_GET = """#!/bin/sh
echo "$@" >> {fake}/log
case "$*" in
--print-uris*) cat {fake}/uris ;;
*update) test ! -e {fake}/offline || {{ echo 'E: cannot reach the mirror'; exit 100; }} ;;
esac
"""
MIRROR = private_apt.mirror
"""The real one, which no other test may call."""

APT_CACHE = '#!/bin/sh\ncat {fake}/"$(basename "$(dirname "$2")")"\n'


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """An apt that knows four suites; what it was asked is in the file log."""
    fake = tmp_path / "fake"
    fake.mkdir()
    for name, script in (("apt-get", APT_GET), ("apt-cache", APT_CACHE)):
        (fake / name).write_text(script.format(fake=fake))
        (fake / name).chmod(0o755)
    (fake / "uris").write_text(URIS)
    (fake / "log").touch()
    carried = {"bullseye": [("5.10", 223)], "bookworm": [("6.1", 192), ("6.12", 117)]}
    carried |= {"trixie": [("6.12", 107)], "sid": [("7.2", 13)]}
    for suite, offers in carried.items():
        (fake / suite).write_text("".join(SHOWN.format(*offer) for offer in offers))
    monkeypatch.setenv("PATH", f"{fake}:{os.environ['PATH']}")
    monkeypatch.setattr(private_apt, "mirror", MIRROR)
    return fake


def resolve(name, reporter=None):
    return sources.resolve(names.parse(name), reporter or Silent())


def updates(fake):
    return [line.split("/")[-2] for line in (fake / "log").read_text().splitlines() if "-c" in line]


@pytest.mark.usefixtures("fake")
def test_the_mirror_is_that_of_the_main_archive_in_apts_own_settings():
    assert private_apt.mirror() == "http://mirror.test/debian"


def test_a_machine_without_a_debian_mirror_is_told_so(fake):
    (fake / "uris").write_text("'http://vendor.test/dists/jammy/InRelease' x 0\n")
    with pytest.raises(LabFailure, match="names no mirror of Debian's main archive"):
        resolve("5.10")


def test_a_series_of_this_machine_asks_nobody_else(fake):
    assert (resolve("6.12").version, resolve("6.12").suite) == ("6.12.117-1~deb12u1", "")
    assert updates(fake) == []


@pytest.mark.parametrize(
    ("name", "version", "suite"),
    [("5.10", "5.10.223-1", "bullseye"), ("7.2", "7.2.13-1", "sid"),
     ("6.12-trixie", "6.12.107-1", "trixie")],
)  # fmt: skip
def test_another_suite_is_asked_once_and_only_the_one_that_has_it(fake, name, version, suite):
    for _ in range(2):
        assert (resolve(name).version, resolve(name).suite) == (version, suite)
    assert updates(fake) == [suite]


def test_a_name_without_suite_is_short_and_one_with_a_suite_says_it_only_if_it_differs(fake):
    assert sources.label(resolve("5.10-bullseye")) == sources.label(resolve("5.10")) == "5.10"
    assert sources.label(resolve("6.12-trixie")) == "6.12-trixie"
    (fake / "trixie").write_text(SHOWN.format("6.12", "117").replace("117-1", "117-1~deb12u1"))
    PrivateRoot("trixie").refresh(Silent(), force=True)
    assert sources.label(resolve("6.12-trixie")) == "6.12"


@pytest.mark.usefixtures("fake")
def test_the_private_root_keeps_out_of_the_machines_own(cache):
    resolve("5.10")
    root = cache / "apt" / "bullseye"
    settings = (root / "apt.conf").read_text()
    for name in ("sourceparts", "preferencesparts", "State::lists", "State::status", "Dir::Cache"):
        (line,) = [line for line in settings.splitlines() if name in line]
        assert f'"{root}' in line
    source = (root / "sources" / "debian.sources").read_text()
    assert "URIs: http://mirror.test/debian\nSuites: bullseye\nComponents: main\n" in source


@pytest.mark.usefixtures("fake")
@pytest.mark.parametrize(("suite", "also"), [("bookworm", True), ("trixie", False)])
def test_the_security_archive_is_asked_where_the_main_one_lacks_a_series(cache, suite, also):
    PrivateRoot(suite).refresh(Silent())
    source = (cache / "apt" / suite / "sources" / "debian.sources").read_text()
    assert (f"URIs: http://secure.test\nSuites: {suite}-security\n" in source) == also


def test_a_machine_without_a_security_archive_does_without(fake, cache):
    (fake / "uris").write_text("'http://mirror.test/dists/stable/InRelease' x 0\n")
    PrivateRoot("bookworm").refresh(Silent())
    assert "security" not in (cache / "apt/bookworm/sources/debian.sources").read_text()


def test_a_series_that_no_suite_has_is_refused_with_all_choices(fake):
    with pytest.raises(
        RequestError, match=r"'5\.99'.* offers 6\.1, 6\.12; bullseye offers 5\.10; "
    ):
        resolve("5.99")
    assert sorted(updates(fake)) == ["bookworm", "bullseye", "sid", "trixie"]
    with pytest.raises(RequestError, match=r"'7\.2-trixie'"):
        resolve("7.2-trixie")


def test_without_a_network_the_first_question_is_one_sentence_and_a_cause(fake):
    (fake / "offline").touch()
    with pytest.raises(LabFailure, match=r"(?s)7\.2 is not among.*6\.12.*sid cannot .*network up"):
        resolve("7.2")
    assert updates(fake) == ["sid"]
    assert not PrivateRoot("sid").asked()


class Told(Silent):
    def __init__(self):
        self.lines = []

    def say(self, text):
        self.lines.append(text)


def age(suite, seconds):
    stamp = PrivateRoot(suite).directory / "asked"
    then = stamp.stat().st_mtime - seconds
    os.utime(stamp, (then, then))


def test_old_lists_are_renewed_before_something_is_built_from_them(fake):
    resolve("7.2")
    (fake / "sid").write_text(SHOWN.format("7.2", 14))
    assert resolve("7.2").version == "7.2.13-1"
    age("sid", private_apt.LISTS_AGE_S)
    assert resolve("7.2").version == "7.2.14-1"


def test_the_suite_that_had_it_last_time_is_asked_first(fake):
    (fake / "trixie").write_text(SHOWN.format("6.15", 1))
    resolve("6.15")
    before = updates(fake)
    for suite in before:
        age(suite, private_apt.LISTS_AGE_S)
    resolve("6.15")
    assert (before, updates(fake)[len(before) :]) == (["sid", "trixie"], ["trixie"])


def test_old_lists_serve_where_the_network_is_down(fake):
    resolve("7.2")
    age("sid", private_apt.LISTS_AGE_S)
    (fake / "offline").touch()
    told = Told()
    assert resolve("7.2", told).version == "7.2.13-1"
    assert "Going on with the older lists of sid" in told.lines[-1]


def test_two_commands_ask_once(fake):
    threads = [threading.Thread(target=resolve, args=("7.2",)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert updates(fake) == ["sid"]


def test_a_question_that_takes_too_long_is_given_up(fake, monkeypatch):
    (fake / "apt-get").write_text(
        (fake / "apt-get").read_text().replace("test !", "sleep 60; test")
    )
    monkeypatch.setattr(private_apt, "DEADLINE_S", 0.0)
    monkeypatch.setattr(jobs, "IDLE_S", 0.01)
    with pytest.raises(LabFailure, match="took more than 0 s"):
        resolve("7.2")


def test_what_was_not_asked_is_shown_as_such(fake):
    assert set(sources.elsewhere_text().values()) == {"not asked yet"}
    resolve("6.12-trixie")
    assert sources.elsewhere_text()["trixie"] == "6.12"
    assert updates(fake) == ["trixie"]


@pytest.mark.usefixtures("fake")
def test_a_kernel_of_another_suite_is_downloaded_through_its_root(builder):
    made = obtain.get("6.12-trixie", reporter=Silent(), builder=builder)
    assert (made.name, made.source) == ("6.12-trixie", "linux-source-6.12 6.12.107-1")
    assert obtain.find("6.12-trixie") == made
    assert obtain.find("6.12") is None


@pytest.mark.usefixtures("fake")
def test_a_cached_kernel_is_found_when_the_lists_are_gone(builder):
    made = obtain.get("7.2", reporter=Silent(), builder=builder)
    for waste in prune.waste(downloads=True):
        assert waste.remove()
    assert sources.elsewhere_text()["sid"] == "not asked yet"
    assert obtain.find("7.2") == made


@pytest.mark.usefixtures("fake")
def test_the_offers_of_this_machine_are_not_those_of_a_suite():
    resolve("5.10")
    assert [offer.series for offer in apt.offers()] == ["6.1", "6.12"]
