# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes the module beside this file importable (handmade_files), and replays handmade packets."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import handmade_files

from hhf_testbed.progress import Silent
from hhf_testbed.replay import observer, request, run


@pytest.fixture
def replay(tmp_path):
    """Replay packets, or the content of a file, at 1 Mbit/s: a byte takes 8 us."""

    def go(packets, *, rate="1mbit", qdisc="hhf", hz=250, profile="6.12", seed=1, where=(), **more):
        content = packets if isinstance(packets, bytes) else handmade_files.pcap(packets)
        path = handmade_files.write(tmp_path / "c.pcap", content)
        asked = request.parse(rate, qdisc, hz, profile, seed, *where)
        with Silent().step("") as step:
            return run.replay(path, asked, step, **more)

    return go


@pytest.fixture
def diary():
    """An observer that writes down what happened to flows, and its list of (what, time_ns)."""

    class Diary(observer.Nobody):
        def __init__(self):
            self.lines = []

        def noted(self, event):
            self.lines.append((event.what, event.time_ns))

    return Diary()
