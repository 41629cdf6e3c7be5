# SPDX-License-Identifier: GPL-2.0-or-later
"""One run from its specification to its finished directory."""

import os
import platform
import time
from pathlib import Path
from typing import Any

from hhf_testbed.errors import LabFailure
from hhf_testbed.experiments.conduct import conduct
from hhf_testbed.experiments.outcome import Outcome, bottlenecks, conclude, load
from hhf_testbed.experiments.provenance import provenance
from hhf_testbed.experiments.specification import RunSpec
from hhf_testbed.kernels import Kernel
from hhf_testbed.progress import Reporter
from hhf_testbed.store.run_directory import HOST, RECORD, SCHEMA, new_run, open_run, write_json


def perform(
    spec: RunSpec, kernel: Kernel, target: Path, command: str, reporter: Reporter
) -> Outcome:
    """Run all trials, judge them, and leave the finished run in ``target``.

    Args:
        spec: what to run.
        kernel: the kernel that ``spec`` names.
        target: the run's directory, which does not exist yet.
        command: what a person types to get this run.
        reporter: is told how far it is.

    Raises:
        LabFailure: a trial failed.
        RequestError: ``target`` exists.
    """
    started, began_s = time.strftime("%Y-%m-%dT%H:%M:%S%z"), time.monotonic()
    with new_run(target) as directory:
        measured = conduct(spec, kernel, directory, reporter)
        loaded = {qdisc.kind: load(directory, qdisc.kind) for qdisc in measured}
        record = _record(spec, kernel, directory, command)
        write_json(directory / RECORD, record)
        with reporter.step("Drawing the report"):
            outcome = conclude(directory, record, spec, loaded)
        write_json(directory / HOST, _host(started, time.monotonic() - began_s))
    return outcome


def retell(run: Path, target: Path, reporter: Reporter) -> Outcome:
    """Judge and draw a finished run again, from its stored data, into ``target``."""
    record = open_run(run)
    spec = RunSpec.from_json(record["specification"])
    with new_run(target) as directory, reporter.step("Drawing the report"):
        loaded = {qdisc.kind: load(run, qdisc.kind) for qdisc in spec.qdiscs}
        write_json(directory / RECORD, record)
        return conclude(directory, record, spec, loaded)


def repeat(run: Path, kernel: Kernel, target: Path, reporter: Reporter) -> dict[str, Any]:
    """Perform a finished run again from its own record; return that record.

    Raises:
        LabFailure: the kernel is not the one that the run was made with.
    """
    record = open_run(run)
    made_with = record["kernel"]
    if made_with["key"] != kernel.key:
        raise LabFailure(
            f"the run was made with kernel {made_with['release']} ({made_with['key'][:12]}), and "
            f"{made_with['name']} is now {kernel.release} ({kernel.key[:12]}) on this machine"
        )
    perform(RunSpec.from_json(record["specification"]), kernel, target, record["command"], reporter)
    return record


def _record(spec: RunSpec, kernel: Kernel, directory: Path, command: str) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "command": command,
        "experiment": spec.experiment,
        "seed": spec.seed,
        "clock": spec.clock,
        "scenario": spec.scenario.model_dump(mode="json"),
        "qdiscs": bottlenecks(directory, spec),
        "kernel": {
            "name": kernel.name,
            "release": kernel.release,
            "source": kernel.source,
            "hz": kernel.hz,
            "config_sha256": kernel.config_sha256,
            "key": kernel.key,
        },
        "versions": provenance(),
        "specification": spec.to_json(),
    }


def _host(started: str, wall_s: float) -> dict[str, Any]:
    return {
        "started": started,
        "wall_s": round(wall_s, 1),
        "host": platform.node(),
        "host_kernel": platform.release(),
        "processors": os.cpu_count(),
    }
