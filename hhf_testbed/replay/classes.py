# SPDX-License-Identifier: GPL-2.0-or-later
"""Delays and drops by class."""

from hhf_testbed.replay.histogram import Histogram


class Classes:
    """Delays and drops, for packets treated as heavy (True) and for all others (False)."""

    def __init__(self) -> None:
        self.delays = {True: Histogram(), False: Histogram()}
        self.drops = {True: 0, False: 0}
