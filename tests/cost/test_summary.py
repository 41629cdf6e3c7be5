# SPDX-License-Identifier: GPL-2.0-or-later
"""Medians, spreads and ratios, and how they are shown."""

import pytest

from hhf_testbed.cost.measured import Measured
from hhf_testbed.cost.rounds import COMPILED, KERNEL, Round, play_rounds
from hhf_testbed.cost.summary import Spread, summarise
from hhf_testbed.cost.table import facts, table
from hhf_testbed.errors import LabFailure

PHASES_NS = {"hash": 50.0, "classify": 60.0, "enqueue": 80.0, "dequeue": 20.0}


def one_round(model_ns: float, kernel_ns: float) -> Round:
    return {
        COMPILED: {"bulk": Measured(model_ns, model_ns + 10, 10)},
        KERNEL: {"bulk": Measured(kernel_ns, kernel_ns + 1, 10, PHASES_NS)},
    }


ROUNDS = [one_round(500, 100), one_round(1200, 200), one_round(600, 100)]


def test_median_least_and_most_of_the_rounds_are_kept() -> None:
    model, kernel = summarise(ROUNDS)["bulk"]
    assert model.cpu_ns == Spread(600, 500, 1200)
    assert kernel.wall_ns == Spread(101, 101, 201)
    assert kernel.phases_ns == PHASES_NS


def test_the_ratio_is_taken_within_each_round() -> None:
    model, kernel = summarise(ROUNDS)["bulk"]
    assert model.times_kernel == Spread(6, 5, 6)
    assert kernel.times_kernel == Spread(1, 1, 1)


def test_packets_per_second_follow_from_the_median() -> None:
    model, _ = summarise(ROUNDS)["bulk"]
    assert model.packets_per_s == pytest.approx(1e9 / 600)


def test_without_a_kernel_there_is_no_ratio() -> None:
    (line,) = summarise([{COMPILED: one_round(500, 100)[COMPILED]}])["bulk"]
    assert line.times_kernel is None
    assert "1.0" not in table({"bulk": [line]}, "")


def test_no_round_is_no_answer() -> None:
    with pytest.raises(LabFailure, match="no round"):
        summarise([])


def test_the_table_shows_each_subject_and_the_kernels_phases() -> None:
    head, model, kernel, *phases = table(summarise(ROUNDS), "Linux 9.9").splitlines()
    assert head.split()[0] == "bulk"
    assert " ".join(model.split()) == (
        "model, compiled 600 (500-1,200) 1,666,667 6.0 (5.0-6.0) 610"
    )
    assert kernel.startswith("  Linux 9.9 ")
    assert [line.split() for line in phases] == [
        ["enqueue", "80"],
        ["dequeue", "20"],
        ["classify", "by", "itself", "60"],
        ["hash", "by", "itself", "50"],
    ]


def test_programs_get_the_same_numbers() -> None:
    model, kernel = facts(summarise(ROUNDS))["bulk"]
    assert model["cpu_ns"] == {"median": 600, "least": 500, "most": 1200}
    assert (model["packets_per_s"], model["times_kernel"]["median"]) == (1_666_667, 6)
    assert kernel["phases_ns"] == PHASES_NS


def test_in_each_round_all_subjects_take_their_turn() -> None:
    told: list[tuple[str, int]] = []
    progress: list[int] = []

    def turn(name: str):
        return lambda number: told.append((name, number)) or {}

    assert len(play_rounds({"a": turn("a"), "b": turn("b")}, 2, progress.append)) == 2
    assert told == [("a", 1), ("b", 1), ("a", 2), ("b", 2)]
    assert progress == [1, 2, 3, 4]
