# SPDX-License-Identifier: GPL-2.0-or-later
from dataclasses import replace

import pytest

from hhf_testbed.analysis.claims import judge
from hhf_testbed.analysis.facts import Spread
from hhf_testbed.analysis.remarks import remarks
from hhf_testbed.analysis.table import plain_text
from tests.analysis.synthetic_facts import SCENARIO, facts


def text(run):
    return plain_text(list(run.values()), judge(run, SCENARIO), remarks(run))


GOOD = """\

                         unit      pfifo   fq_codel      hhf
 ───────────────────────────────────────────────────────────
 RTT idle p50            ms         20.0       20.0     20.0
 RTT under load p50      ms        231.0       20.1     20.1
 RTT under load p95      ms        252.0       20.2     20.4
 RTT under load p99      ms        258.0       20.3     23.5

 FCT p50                 ms         1300        101      104
 short flows finished              40/40      40/40    40/40

 bulk total              Mbit/s    49.00      49.00    49.00
 fairness of bulk                  0.987      0.987    0.987
 utilisation             %         100.0      100.0    100.0
 dropped                 packets     156        156      156

 model: same packet      %             -          -   99.990
 model: RTT p50 off by   ms            -          -   +0.000
 model: RTT p95 off by   ms            -          -   +0.000
 model: RTT p99 off by   ms            -          -   +0.000

p50, p95, p99: half, 95 % and 99 % of all samples are no larger. A - stands for
too few samples, or for no such thing. RTT: round-trip time of probes. FCT:
completion time of short flows. Fairness: Jain's index over the bulk flows, 1 is
even. Bits count whole Ethernet frames.

[ok] supported: Under bulk load, hhf's 95th percentile RTT is at least ten times
     lower than pfifo's.
     Measured: pfifo 252.0 ms, hhf 20.4 ms: 12.4 times.
[ok] supported: Beside bulk flows, short flows finish at least twice as fast
     under hhf as under pfifo.
     Measured: hhf 104.0 ms, pfifo 1300.0 ms: 12.5 times.
[ok] supported: The price is small: all bulk flows together get almost what they
     get under pfifo.
     Measured: hhf 49.00 Mbit/s, pfifo 49.00 Mbit/s: +0.00%.
[ok] supported: The reference model, given what arrived and when something left,
     says what left.
     Measured: 99.9900% of departures; RTT off by +0.000 ms (p50), +0.000 ms
     (p95), +0.000 ms (p99).
[ok] supported: Control: without hhf the delay is there, as probes wait behind
     pfifo's whole queue.
     Measured: pfifo 252.0 ms.
[ok] supported: Control: without load there is nothing to improve, and every
     qdisc shows the bare path.
     Measured: pfifo 20.0 ms, fq_codel 20.0 ms, hhf 20.0 ms.
Note: fq_codel beside hhf: RTT p95 under load 20.2 against 20.4 ms (fq_codel is
      better), p99 20.3 against 23.5 ms (fq_codel is better), median completion
      of short flows 101.0 against 104.0 ms (fq_codel is better).
"""


def test_text_of_a_good_run_is_this():
    assert text(facts()) == GOOD


def test_a_lab_failure_shows_its_doubts():
    shown = text(facts(hhf={"problems": ("the host burned",)}))
    assert "[??] lab failure: Under bulk load" in shown
    assert "     Doubt: hhf: the host burned\n" in shown


def test_a_refuted_claim_is_marked_without_colour():
    assert "[NO] refuted: Beside bulk flows" in text(facts(hhf={"fct": Spread(40, 1200.0)}))


def test_text_is_readable_at_80_columns_with_five_qdiscs():
    run = facts()
    for name in ("cake", "sfq"):
        run[name] = replace(run["fq_codel"], qdisc=name)
    shown = text(run)
    assert max(map(len, shown.splitlines())) <= 80
    assert "\N{HORIZONTAL ELLIPSIS}" not in shown


@pytest.mark.parametrize(
    ("name", "value"), [("COLUMNS", "40"), ("FORCE_COLOR", "1"), ("NO_COLOR", "1")]
)
def test_text_does_not_depend_on_the_terminal(monkeypatch, name, value):
    before = text(facts())
    monkeypatch.setenv(name, value)
    assert text(facts()) == before
