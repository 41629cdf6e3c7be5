# SPDX-License-Identifier: GPL-2.0-or-later
"""The small files of a trial's directory, read once. The capture is read elsewhere."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hhf_testbed.analysis.series import Ints
from hhf_testbed.errors import LabFailure
from hhf_testbed.scenario import Scenario
from hhf_testbed.tc.qdisc import QdiscSpec
from hhf_testbed.tc.shaper import Shaper, shaper
from hhf_testbed.traffic.ping import PingResult, parse_ping


@dataclass(frozen=True)
class TrialRecord:
    """What a trial wrote, apart from the capture and the reports of iperf3.

    Attributes:
        directory: where it is.
        leaf: per sample, the counters of the qdisc under test (``tc.stats.decode``).
    """

    directory: Path
    scenario: Scenario
    qdisc: QdiscSpec
    environment: dict[str, Any]
    ping: PingResult
    leaf: tuple[dict[str, Any], ...]

    @property
    def started_ns(self) -> int:
        """CLOCK_REALTIME when everything began; zero of all times in ``series``."""
        return int(self.environment["started_ns"])

    @property
    def sample_ns(self) -> Ints:
        """When each sample was taken, CLOCK_REALTIME."""
        return np.array([sample["time_ns"] for sample in self.leaf], np.int64)

    @property
    def shaper(self) -> Shaper:
        """The HTB class, from what the kernel read back."""
        bottleneck = self.environment["bottleneck"]
        return shaper(bottleneck["rate_bps"], bottleneck["quantum_bytes"])

    @property
    def window_s(self) -> tuple[float, float]:
        """The part of the load that is judged."""
        scenario = self.scenario
        return scenario.idle_s + scenario.warmup_s, scenario.duration_s


def read_record(directory: Path) -> TrialRecord:
    """Read the small files of a trial.

    Raises:
        LabFailure: one is missing or damaged.
        RequestError: the scenario or qdisc in ``trial.json`` is not allowed.
    """
    trial = _json(directory / "trial.json", _text(directory / "trial.json"))
    try:
        return TrialRecord(
            directory,
            Scenario.of(trial["scenario"]),
            QdiscSpec.from_json(trial["qdisc"]),
            _environment(directory / "environment.json"),
            parse_ping(_text(directory / "ping.txt")),
            _samples(directory / "samples.jsonl"),
        )
    except KeyError as error:
        raise LabFailure(f"{directory / 'trial.json'} has no {error}") from None


def _environment(path: Path) -> dict[str, Any]:
    environment: dict[str, Any] = _json(path, _text(path))
    for name in ("started_ns", "realtime_minus_monotonic_ns", "hz", "bottleneck"):
        if name not in environment:
            raise LabFailure(f"{path} has no {name!r}")
    return environment


def _samples(path: Path) -> tuple[dict[str, Any], ...]:
    """Return each sample of the leaf, which ``decode`` puts after the root."""
    lines = _text(path).splitlines()
    if not lines:
        raise LabFailure(f"{path} holds no sample")
    leaves = []
    for line in lines:
        found = [qdisc for qdisc in _json(path, line) if qdisc["parent"] == "1:1"]
        if len(found) != 1:
            raise LabFailure(f"{path}: a sample has {len(found)} qdiscs below 1:1; allowed is 1")
        leaves.append(found[0])
    return tuple(leaves)


def _json(path: Path, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise LabFailure(f"{path} is no JSON: {error}") from None


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise LabFailure(f"{path} cannot be read: {error}") from None
