# SPDX-License-Identifier: GPL-2.0-or-later
"""One list of packages serves everything that installs or checks them."""

import re
import subprocess
from pathlib import Path

import pytest

from hhf_testbed import doctor

TOP = Path(__file__).resolve().parents[2]


def test_the_scripts_and_the_doctor_read_the_same_packages(packages: list[str]) -> None:
    listed = subprocess.run(
        [TOP / "setup/provision", "--list"], capture_output=True, text=True, check=True
    ).stdout.split()
    assert listed == packages
    assert doctor.needed_packages() == packages


def test_every_package_has_its_command_and_its_reason() -> None:
    lines = (TOP / "setup/debian-packages").read_text().splitlines()
    entries = [line for line in lines if line and line[0] != "#"]
    assert entries
    for entry in entries:
        assert re.fullmatch(r"[a-z0-9.+-]+ +(-|[a-z0-9-]+) +# \S.*", entry), entry


@pytest.mark.parametrize("user", ["Vagrantfile", ".ci/run", "hhf"])
def test_nothing_but_provision_installs_the_needs(user: str) -> None:
    code = [line for line in (TOP / user).read_text().splitlines() if not line.startswith("#")]
    assert not re.search(r"apt-get install|\bpip\b|mininet|iperf3", "\n".join(code))


def test_the_virtual_machine_is_made_by_provision_as_the_ordinary_user() -> None:
    text = (TOP / "Vagrantfile").read_text()
    assert 'privileged: false, inline: "/vagrant/setup/provision"' in text


def test_every_python_package_is_pinned_with_hashes_and_names_no_server() -> None:
    text = (TOP / "setup/requirements.lock").read_text().replace("\\\n", " ")
    pins = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    assert pins
    for pin in pins:
        assert re.match(r"\S+==\S+( ;.*)? +--hash=sha256:", pin), pin
    assert "://" not in text
