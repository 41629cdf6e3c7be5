# SPDX-License-Identifier: GPL-2.0-or-later
"""A kernel is asked once; anything that could change the answer has it asked again."""

from dataclasses import replace
from pathlib import Path

import pytest
from modelled import KERNEL, ModelledLab

from hhf_testbed.errors import LabFailure
from hhf_testbed.model import CURRENT
from hhf_testbed.recognise import memory, recognise, remembered


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelledLab:
    monkeypatch.setenv("HHF_CACHE", str(tmp_path / "cache"))
    (tmp_path / "sch_hhf.ko").write_bytes(b"one")
    return ModelledLab(CURRENT, hhf=tmp_path / "sch_hhf.ko")


def ask(lab: ModelledLab) -> object:
    return recognise(lab)  # type: ignore[arg-type]


def kept() -> list[Path]:
    return list((memory.cache_dir() / "recognised").iterdir())


def test_the_second_time_no_guest_is_booted(lab: ModelledLab) -> None:
    assert remembered(KERNEL, lab.hhf) is None
    first = ask(lab)
    booted = lab.guests
    assert ask(lab) == first == remembered(KERNEL, lab.hhf)
    assert lab.guests == booted > 0


def test_another_module_and_another_kernel_are_asked_anew(lab: ModelledLab) -> None:
    ask(lab)
    lab.hhf.write_bytes(b"two")
    assert remembered(KERNEL, lab.hhf) is None
    lab.hhf.write_bytes(b"one")
    assert remembered(KERNEL, lab.hhf) is not None
    assert remembered(replace(KERNEL, key="other"), lab.hhf) is None


def test_changed_probes_ask_anew(lab: ModelledLab, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(lab)
    monkeypatch.setattr(memory, "_judges", lambda: "other sources")
    assert remembered(KERNEL, lab.hhf) is None


@pytest.mark.parametrize("text", ["", "{", "[]", "[1]", "null", '[{"feature": "x"}]', "\udc80"])
def test_a_damaged_memory_is_as_good_as_none(lab: ModelledLab, text: str) -> None:
    first = ask(lab)
    kept()[0].write_bytes(text.encode(errors="surrogateescape"))
    assert remembered(KERNEL, lab.hhf) is None
    assert ask(lab) == first


def test_a_kernel_without_its_module_is_not_remembered(lab: ModelledLab) -> None:
    lab.hhf.unlink()
    assert remembered(KERNEL, lab.hhf) is None
    assert remembered(KERNEL) is None


def test_a_cache_that_cannot_be_written_is_named(
    lab: ModelledLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HHF_CACHE", "/proc/nowhere")
    with pytest.raises(LabFailure, match="cannot write /proc/nowhere"):
        ask(lab)
