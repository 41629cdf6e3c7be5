# SPDX-License-Identifier: GPL-2.0-or-later
"""One trial: its schedule follows the seed; in a guest, it repeats to the last byte."""

from pathlib import Path

import pytest

from hhf_testbed import trial
from hhf_testbed.analysis.load import load_with_problems
from hhf_testbed.experiments.conduct import conduct
from hhf_testbed.experiments.specification import RunSpec
from hhf_testbed.kernels import Kernel
from hhf_testbed.progress import Silent
from hhf_testbed.scenario import Scenario
from hhf_testbed.tc.qdisc import QdiscSpec
from hhf_testbed.trial import Trial

SCENARIO = Scenario.of(
    {"idle_s": 1.0, "load_s": 5.0, "warmup_s": 1.0, "bulk_senders": 1, "short_per_s": 1.0}
)


def arrivals_s(scenario: Scenario, seed: int) -> list[float]:
    made = Trial(scenario, QdiscSpec.of("hhf"), seed, Path("/none"), Path("/none"))
    return list(made._arrivals_s())


def test_short_flows_start_after_the_warm_up_and_well_before_the_end() -> None:
    scenario = Scenario.of({"short_per_s": 100.0, "idle_s": 4.0, "load_s": 22.0, "warmup_s": 5.0})
    times = arrivals_s(scenario, 1)
    assert times == sorted(times)
    assert 9.0 <= times[0] < 9.5
    assert 23.5 < times[-1] < 24.0
    # Poisson: 15 s at 100/s are 1500, with a standard deviation of 39.
    assert abs(len(times) - 1500) < 4 * 39


def test_the_schedule_follows_the_seed() -> None:
    scenario = Scenario()
    assert arrivals_s(scenario, 1) == arrivals_s(scenario, 1)
    assert arrivals_s(scenario, 1) != arrivals_s(scenario, 2)


def test_without_short_flows_there_are_none() -> None:
    assert arrivals_s(Scenario(short_per_s=0.0), 1) == []


def test_a_request_that_is_wrong_ends_with_2_and_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "trial.json").write_text(
        '{"scenario": {"rtt_ms": -1.0}, "qdisc": {"kind": "hhf", "options": {}}, "seed": 1}'
    )
    assert trial.main([str(tmp_path), "/none"]) == 2
    assert capsys.readouterr().err == ("rtt_ms is -1.0; allowed is greater than or equal to 0\n")


@pytest.fixture(scope="module")
def trials(kernel: Kernel, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The directories of three small trials of hhf: twice the same seed, and another."""
    return [
        measured(kernel, seed, tmp_path_factory.mktemp("run") / "a deeper place")
        for seed in (1, 1, 2)
    ]


def measured(kernel: Kernel, seed: int, directory: Path) -> Path:
    hhf = (QdiscSpec.of("hhf"),)
    spec = RunSpec("test", SCENARIO, hhf, kernel.name, kernel.hz, seed=seed)
    assert list(conduct(spec, kernel, directory, Silent())) == list(hhf)
    return directory / "trials" / "hhf"


def contents(directory: Path) -> dict[str, bytes]:
    files = (path for path in directory.rglob("*") if path.is_file())
    return {path.relative_to(directory).as_posix(): path.read_bytes() for path in files}


@pytest.mark.guest
def test_the_same_seed_gives_the_same_bytes_in_every_file(trials: list[Path]) -> None:
    one, other = contents(trials[0]), contents(trials[1])
    assert sorted(one) == sorted(other)
    assert [name for name in one if one[name] != other[name]] == []
    assert {"capture.pcap", "ping.txt", "samples.jsonl", "environment.json"} <= set(one)


@pytest.mark.guest
def test_another_seed_gives_other_packets_at_other_times(trials: list[Path]) -> None:
    one, other = contents(trials[0]), contents(trials[2])
    assert one["capture.pcap"] != other["capture.pcap"]
    assert one["trial.json"] != other["trial.json"]


@pytest.mark.guest
def test_a_trial_can_be_trusted_and_the_model_names_every_packet(trials: list[Path]) -> None:
    series, problems = load_with_problems(trials[0])
    assert problems == []
    assert series.utilisation > 0.8
    assert len(series.short_flows) == len(arrivals_s(SCENARIO, 1)) > 0
    assert series.prediction is not None
    assert (series.prediction.same_packet, series.prediction.same_drops) == (1.0, True)
    assert series.prediction.first_difference == ""
    assert len(series.transit.arrive_s) > 15_000
