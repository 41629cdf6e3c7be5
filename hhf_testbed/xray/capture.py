# SPDX-License-Identifier: GPL-2.0-or-later
"""The x-ray of a capture: HHF below a link of some rate."""

from pathlib import Path
from typing import TextIO

from hhf_testbed.progress import Step
from hhf_testbed.replay.request import Request
from hhf_testbed.replay.result import remarks
from hhf_testbed.replay.run import Run, replay
from hhf_testbed.units import format_rate
from hhf_testbed.xray.events import EventLines
from hhf_testbed.xray.eye import Eye
from hhf_testbed.xray.scene import Scene


def of_capture(path: Path, request: Request, events: TextIO, step: Step) -> Scene:
    """Replay a file and watch.

    Raises:
        LabFailure: not one packet could be replayed.
        RequestError: no packet is where the request says.
    """
    eyes: list[Eye] = []

    def observe(run: Run) -> Eye:
        eyes.append(Eye(run.watch, EventLines(events, run.clock.start_ns)))
        return eyes[0]

    run = replay(path, request, step, observe=observe)
    eyes[0].end(run.clock.now_ns)
    return Scene(
        title=f"{path.name} at {format_rate(request.rate_bps)}",
        departures=(
            "Arrivals are those of the capture; departures those of a link of "
            f"{format_rate(request.rate_bps)} below the model, HZ {request.hz}, as in kernel "
            f"{request.profile}."
        ),
        watch=run.watch,
        eye=eyes[0],
        flows=list(run.book),
        forgotten=run.book.forgotten,
        remarks=remarks(run),
        damage=run.damage,
    )
