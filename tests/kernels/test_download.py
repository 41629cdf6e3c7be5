# SPDX-License-Identifier: GPL-2.0-or-later
import hashlib
import os
import threading

import pytest

from hhf_testbed.errors import LabFailure
from hhf_testbed.kernels import download
from hhf_testbed.kernels.apt import Offer
from hhf_testbed.progress import Silent

CONTENT = b"a package\n"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
OWN = Offer("6.12", "6.12.117-1", len(CONTENT), SHA256)
TRIXIE = Offer("6.12", "6.12.107-1", len(CONTENT), SHA256, "trixie")
APT_GET = """#!/bin/sh
echo "$@" >> {log}
test ! -e {offline} || {{ echo 'E: no route'; exit 100; }}
echo 'a package' > linux-source.deb
"""


@pytest.fixture
def log(tmp_path, monkeypatch):
    """What a fake apt-get was asked; it writes a package where it stands."""
    log = tmp_path / "log"
    log.touch()
    script = tmp_path / "bin" / "apt-get"
    script.parent.mkdir()
    script.write_text(APT_GET.format(log=log, offline=tmp_path / "offline"))
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{script.parent}:{os.environ['PATH']}")
    return log


def fetch(offer):
    return download._package(offer, Silent())


def asked(log):
    return log.read_text().splitlines()


def test_a_package_of_this_machine_is_fetched_without_a_private_root(log):
    assert fetch(OWN).read_bytes() == CONTENT
    (line,) = asked(log)
    assert line.endswith("download linux-source-6.12=6.12.117-1")
    assert "-c" not in line.split()


def test_a_package_of_another_suite_is_fetched_through_its_root_to_a_place_of_its_own(log, cache):
    assert fetch(TRIXIE).parent != fetch(OWN).parent
    assert f"-c {cache}/apt/trixie/apt.conf download linux-source-6.12=6.12.107-1" in asked(log)[0]


def test_a_package_is_fetched_once_however_many_ask_at_once(log):
    threads = [threading.Thread(target=fetch, args=(OWN,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(asked(log)) == 1


def test_a_download_that_was_cut_short_starts_again(log):
    package = fetch(OWN)
    package.write_bytes(CONTENT[:-3])
    assert fetch(OWN).read_bytes() == CONTENT
    assert len(asked(log)) == 2


@pytest.mark.parametrize(
    ("offer", "mend"), [(OWN, "sudo apt-get update"), (TRIXIE, "hhf kernel list --refresh")]
)
def test_a_download_that_fails_names_the_package_and_what_renews_the_lists(log, offer, mend):
    (log.parent / "offline").touch()
    with pytest.raises(
        LabFailure, match=rf"(?s)downloading linux-source-6\.12 .*'{mend}'.*no route"
    ):
        fetch(offer)
