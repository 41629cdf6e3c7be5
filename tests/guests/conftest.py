# SPDX-License-Identifier: GPL-2.0-or-later
"""Lets a test see the host's side of the guests that it starts, and of no others."""

from pathlib import Path
from typing import Any

import pytest

from hhf_testbed.guests import uml
from hhf_testbed.guests.process import GuestProcess
from hhf_testbed.proc import wait_for


class Seen(GuestProcess):
    """A guest's process that a test can find."""

    def __init__(self, argv: Any, *, cwd: Path, **more: Any) -> None:
        super().__init__(argv, cwd=cwd, **more)
        self.pid, self.directory = self._child.pid, cwd

    def check_gone(self) -> None:
        """Wait, with a deadline, until nothing of it is left."""
        wait_for(lambda: not self.members(), deadline_s=10, what="the end of all its processes")
        assert not self.directory.exists()

    def members(self) -> list[int]:
        """Processes of its group or session; not those that only wait for init to collect them."""
        found = []
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if fields[0] not in "XZ" and str(self.pid) in fields[2:4]:
                found.append(int(stat.parent.name))
        return found


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Seen]:
    """Every guest that the test starts, in order."""
    seen: list[Seen] = []

    def start(*args: Any, **more: Any) -> Seen:
        seen.append(Seen(*args, **more))
        return seen[-1]

    monkeypatch.setattr(uml, "GuestProcess", start)
    return seen
