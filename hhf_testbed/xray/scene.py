# SPDX-License-Identifier: GPL-2.0-or-later
"""What was seen, whether of a run or of a capture."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from hhf_testbed.errors import LabError
from hhf_testbed.replay.flows import Flow
from hhf_testbed.replay.watch import Watch
from hhf_testbed.xray.eye import Eye


@dataclass(frozen=True)
class Scene:
    """Everything that the files of an x-ray are made from, besides the events.

    Attributes:
        title: what it is an x-ray of.
        departures: a sentence: what decided when a packet left.
        flows: all that are known.
        forgotten: flows no longer known one by one.
        remarks: what a reader must know.
        damage: why not all of the file was read.
    """

    title: str
    departures: str
    watch: Watch
    eye: Eye
    flows: Sequence[Flow]
    forgotten: int = 0
    remarks: list[str] = field(default_factory=list)
    damage: LabError | None = None

    def ranked(self) -> list[Flow]:
        """Return the flows, the one that sent most first."""
        return sorted(self.flows, key=lambda flow: (-flow.sent_bytes, flow.first_ns, flow.name))
