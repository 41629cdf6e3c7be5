# SPDX-License-Identifier: GPL-2.0-or-later
"""What an honest reader should know beside the verdicts: how others did, and what is not judged."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from hhf_testbed.analysis.facts import Facts
from hhf_testbed.analysis.series import TrialSeries

_MEASURES: Final[tuple[tuple[str, Callable[[Facts], float | None]], ...]] = (
    ("RTT p95 under load", lambda facts: facts.load.p95),
    ("p99", lambda facts: facts.load.p99),
    ("median completion of short flows", lambda facts: facts.fct.p50),
)


def remarks(facts: Mapping[str, Facts], trials: Sequence[TrialSeries] = ()) -> list[str]:
    """Sentences about this run; none of them is a verdict.

    Args:
        facts: by the label of the qdisc.
        trials: the same trials in full, for what happened outside the judged window.
    """
    hhf = facts.get("hhf")
    others = [other for name, other in facts.items() if name not in ("hhf", "pfifo")]
    found = [_beside(other, hhf) for other in others] if hhf else []
    found += [_start(trials)] if trials else []
    return [remark for remark in found if remark]


def _beside(other: Facts, hhf: Facts) -> str:
    """How another qdisc did beside hhf, measure by measure."""
    parts = []
    for words, read in _MEASURES:
        theirs_ms, ours_ms = read(other), read(hhf)
        if theirs_ms is not None and ours_ms is not None:
            better = _better(other.qdisc, theirs_ms, ours_ms)
            parts.append(f"{words} {theirs_ms:.1f} against {ours_ms:.1f} ms ({better})")
    return f"{other.qdisc} beside hhf: {', '.join(parts)}." if parts else ""


def _better(name: str, theirs_ms: float, ours_ms: float) -> str:
    """Who has less; a difference that the text does not show is none."""
    if round(theirs_ms, 1) == round(ours_ms, 1):
        return "no difference"
    return f"{name} is better" if theirs_ms < ours_ms else "hhf is better"


def _start(trials: Sequence[TrialSeries]) -> str:
    """What the first seconds of the load were like, which no claim is about."""
    left_out_s = trials[0].window_s[0] - trials[0].idle_s
    reached = [
        f"{worst_ms:.1f} ms under {trial.qdisc}"
        for trial in trials
        if (worst_ms := _worst_start_ms(trial)) is not None
    ]
    if not left_out_s or not reached:
        return ""
    admitted = "".join(_admitted(trial) for trial in trials)
    return (
        f"The first {left_out_s:g} s of the load are not judged, as flows still find their rates. "
        f"RTT then reached {', '.join(reached)}.{admitted}"
    )


def _worst_start_ms(trial: TrialSeries) -> float | None:
    time_s = trial.probe.time_s
    early = trial.probe.rtt_ms[(time_s >= trial.idle_s) & (time_s < trial.window_s[0])]
    return float(early.max()) if len(early) else None


def _admitted(trial: TrialSeries) -> str:
    """When hhf, by the model, had found the heavy hitters of the start."""
    known = trial.prediction.heavy_hitters if trial.prediction else ()
    times_s = [time_s - trial.idle_s for _, time_s in known if time_s < trial.window_s[0]]
    if not times_s:
        return ""
    plural = "" if len(times_s) == 1 else "s"
    return (
        f" By the model, {trial.qdisc} admitted {len(times_s)} heavy hitter{plural} in that time, "
        f"the last {max(times_s):.2f} s after the load began; until then they delay all others."
    )
