# SPDX-License-Identifier: GPL-2.0-or-later
"""The suite on a real kernel, whole and broken."""

import time
from pathlib import Path

import pytest

from hhf_testbed.conform import tools
from hhf_testbed.conform.lab import Lab
from hhf_testbed.errors import LabFailure
from hhf_testbed.kernels import Kernel
from hhf_testbed.model import CURRENT
from hhf_testbed.regress.claim import Claim, all_claims
from hhf_testbed.regress.conformance import drawn_claims
from hhf_testbed.regress.expected import known_features
from hhf_testbed.regress.outcome import Outcome, Status
from hhf_testbed.regress.suite_run import SuiteRun

pytestmark = pytest.mark.guest

DEQUEUE = "static struct sk_buff *hhf_dequeue(struct Qdisc *sch)\n{\n"
LISTED = (
    "limits.limit_1_lets_a_packet_at_a_time_through",
    "validation.a_weight_of_zero_is_refused",
)
"""One claim that sends packets, and one that does so only at its end."""


def claims(*names: str) -> list[Claim]:
    return [one for one in all_claims() if one.id in names]


def run(lab: Lab, *names: str) -> dict[str, Outcome]:
    found = SuiteRun(lab, CURRENT, 1, cpus=[0]).run(claims(*names))
    return {one.claim.id: one for one in found}


def broken(kernel: Kernel, directory: Path, line: str) -> Lab:
    """A lab whose hhf begins each dequeue with a line of C."""
    text = tools.own_source(kernel).read_text()
    assert DEQUEUE in text
    source = directory / "sch_hhf.c"
    source.write_text(text.replace(DEQUEUE, f"{DEQUEUE}\t{line}\n"))
    return Lab.of(kernel, source)


def test_every_claim_comes_out_as_it_must(kernel: Kernel) -> None:
    features, _ = known_features(kernel)
    outcomes = SuiteRun(Lab.of(kernel), features, 7).run(all_claims(), drawn_claims())
    wrong = [
        (one.claim.id, one.status, one.seen.what, one.seen.claimed, one.seen.seen)
        for one in outcomes
        if one.status not in (Status.HOLDS, Status.KNOWN)
    ]
    assert wrong == []
    assert len(outcomes) > 200


def test_a_hang_is_told_within_15_s_and_the_rest_still_runs(kernel: Kernel, tmp_path: Path) -> None:
    lab = broken(kernel, tmp_path, "if (sch->q.qlen) for (;;) cpu_relax();")
    hung, well = LISTED[0], "dump.the_kind_is_hhf"
    told_s: dict[str, float] = {}
    began_s = time.monotonic()
    suite = SuiteRun(
        lab, CURRENT, 1, lambda one: told_s.update({one.claim.id: time.monotonic()}), cpus=[0]
    )
    seen = {one.claim.id: one for one in suite.run(claims(hung, well))}
    assert seen[hung].status is Status.REFUTED
    assert seen[hung].seen.seen == "none within 10 s of the host's clock"
    assert told_s[hung] - told_s.get(well, began_s) < 15
    assert seen[well].status is Status.HOLDS


def test_a_panic_refutes_its_claim_with_the_console(kernel: Kernel, tmp_path: Path) -> None:
    seen = run(broken(kernel, tmp_path, "BUG_ON(sch->q.qlen);"), LISTED[0], "dump.the_kind_is_hhf")
    assert seen[LISTED[0]].status is Status.REFUTED
    assert seen[LISTED[0]].seen.seen == "the kernel died"
    assert any("BUG: failure at" in line for line in seen[LISTED[0]].seen.console)
    assert seen["dump.the_kind_is_hhf"].status is Status.HOLDS


def test_a_warning_of_the_kernel_refutes_a_claim_that_else_holds(
    kernel: Kernel, tmp_path: Path
) -> None:
    seen = run(broken(kernel, tmp_path, "WARN_ON(sch->q.qlen);"), LISTED[1])
    outcome = seen[LISTED[1]]
    assert outcome.status is Status.REFUTED
    assert outcome.seen.what == "the kernel's log"


def test_a_source_that_does_not_compile_is_a_lab_failure_with_the_compiler_s_words(
    kernel: Kernel, tmp_path: Path
) -> None:
    with pytest.raises(LabFailure, match=r"error: .*undeclared"):
        broken(kernel, tmp_path, "no_such_thing = 1;")


def test_bytes_left_over_refute_a_claim_that_does_not_look_at_them(
    kernel: Kernel, tmp_path: Path
) -> None:
    text = tools.own_source(kernel).read_text()
    taken_off = "\t\tsch->q.qlen--;\n\t\tqdisc_qstats_backlog_dec(sch, skb);\n\t}\n\n\tif (!skb) {"
    assert text.count(taken_off) == 1
    source = tmp_path / "sch_hhf.c"
    source.write_text(
        text.replace(taken_off, taken_off.replace("qdisc_qstats", "if (0) qdisc_qstats"))
    )
    name = "admission.a_lone_flow_is_heavy_with_packet_87"
    seen = run(Lab.of(kernel, source), name)[name]
    assert seen.status is Status.REFUTED
    assert seen.seen.what.endswith("backlog of an empty hhf")
