# SPDX-License-Identifier: GPL-2.0-or-later
"""A machine made of fakes: the only programs that the scripts under test can find."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
REAL_TOOLS = (
    *("bash", "cat", "cut", "df", "dirname", "env", "flock", "grep", "ln", "mkdir"),
    *("readlink", "rm", "sed", "sha256sum", "sleep", "tail", "touch", "tr"),
)

FAKE_PYTHON = """#!/bin/bash
# Stands for Python: notes how it was called, and makes an environment whose python is itself.
echo "$*" >>"$CALLS"
case $* in
  "-c import sys"*) exit 0 ;;
  "-m venv"*) mkdir -p "$4/bin" "$4/lib/python3.11/site-packages" && ln -s "$0" "$4/bin/python" ;;
  *"pip "*" install "*) %s ;;
  *"import mininet"*) echo /nowhere/mininet ;;
esac
"""


@dataclass(frozen=True, slots=True)
class Machine:
    """Where a script is run: its programs, its cache, and a note of each call of a fake."""

    bin: Path
    cache: Path
    calls: Path

    def fake(self, name: str, script: str) -> Path:
        """Put a program there; ``$CALLS`` is the file in which to note calls."""
        path = self.bin / name
        path.unlink(missing_ok=True)
        path.write_text(script if script.startswith("#!") else f"#!/bin/bash\n{script}\n")
        path.chmod(0o755)
        return path

    def install(self, *packages: str) -> None:
        """Make it a Debian machine with these packages."""
        states = " ".join(f"installed:{package}" for package in packages)
        self.fake("dpkg-query", f"echo -n '{states} '")
        self.fake("apt-get", 'echo "apt-get $*" >>"$CALLS"')

    def python(self, pip_install: str = ":") -> None:
        """Give it an interpreter; what ``pip install`` does may be chosen."""
        self.fake("python3.11", FAKE_PYTHON % pip_install)

    def environment(self, **changes: str) -> dict[str, str]:
        """Return the environment variables that a script gets."""
        known = {
            "PATH": str(self.bin),
            "HOME": str(self.bin.parent / "home"),
            "HHF_CACHE": str(self.cache),
            "HHF_PYTHON": str(self.bin / "python3.11"),
            "CALLS": str(self.calls),
        }
        return known | changes

    def run(self, *argv: str | Path, **changes: str) -> subprocess.CompletedProcess[str]:
        """Run a script with nothing to read from."""
        return subprocess.run(
            [str(word) for word in argv],
            env=self.environment(**changes),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def called(self) -> str:
        """Return the calls noted so far."""
        return self.calls.read_text() if self.calls.exists() else ""


@pytest.fixture
def packages() -> list[str]:
    """The needed packages, read once more in the plainest way."""
    lines = (TOP / "setup/debian-packages").read_text().splitlines()
    return [line.split()[0] for line in lines if line and line[0] != "#"]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine that has the basic tools only: not Debian, no Python, no sudo, its user is root."""
    made = Machine(tmp_path / "bin", tmp_path / "cache", tmp_path / "calls")
    made.bin.mkdir()
    for tool in REAL_TOOLS:
        real = shutil.which(tool, path=os.defpath)
        assert real, tool
        (made.bin / tool).symlink_to(real)
    made.fake("id", "echo 0")
    return made


@pytest.fixture
def debian(machine: Machine, packages: list[str]) -> Machine:
    """A Debian machine with every package and a Python, but no environment yet."""
    machine.install(*packages)
    machine.python()
    return machine
