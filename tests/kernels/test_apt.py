# SPDX-License-Identifier: GPL-2.0-or-later
import pytest

from hhf_testbed.kernels import apt
from hhf_testbed.kernels.apt import Offer

SHOWN = """Package: linux-source-6.12
Source: linux-6.12
Version: 6.12.117-1~deb12u1
Architecture: all
Description: Linux kernel source for version 6.12 with Debian patches
 This package provides source code for the Linux kernel version 6.12.
Size: 153476148
SHA256: e849faf3

Package: linux-source-6.1
Version: 6.1.192-2
Size: 139331676
SHA256: ae95fe63

Package: linux-source-6.9
Version: 6.9.1-1
Size: 9
SHA256: 99

Package: linux-source
Version: 6.1.192-2
Size: 1000
SHA256: 00

"""


def test_the_offers_are_read_and_ordered_as_versions_are():
    assert apt.parse_offers(SHOWN) == [
        Offer("6.1", "6.1.192-2", 139331676, "ae95fe63"),
        Offer("6.9", "6.9.1-1", 9, "99"),
        Offer("6.12", "6.12.117-1~deb12u1", 153476148, "e849faf3"),
    ]


@pytest.mark.parametrize(
    "text", ["", "N: Unable to locate package\n", "Package: linux-source-6.1\n"]
)
def test_an_answer_without_offers_is_empty(text):
    assert apt.parse_offers(text) == []


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """Count the questions to a fake apt whose lists are one file."""
    monkeypatch.undo()  # the real offers() back
    monkeypatch.setenv("HHF_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(apt, "WATCHED", (tmp_path / "lists",))
    questions = []
    monkeypatch.setattr(apt, "ask", lambda: questions.append(1) or SHOWN)
    return questions


def test_apt_is_asked_again_only_when_its_lists_change(asked, tmp_path):
    assert [apt.offers() for _ in range(3)] == [apt.parse_offers(SHOWN)] * 3
    assert len(asked) == 1
    (tmp_path / "lists").mkdir()
    apt.offers()
    assert len(asked) == 2


def test_a_spoilt_memory_of_apt_is_asked_anew(asked, tmp_path):
    apt.offers()
    (tmp_path / "cache" / "apt-offers.json").write_text('{"stamp": [0], "offers": [{"x": 1}]}')
    assert apt.offers() == apt.parse_offers(SHOWN)
    assert len(asked) == 2
