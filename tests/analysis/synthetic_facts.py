# SPDX-License-Identifier: GPL-2.0-or-later
"""Made-up facts of a run in which every claim holds; tests change one thing at a time."""

from dataclasses import replace

from hhf_testbed.analysis.facts import Facts, Model, Spread
from hhf_testbed.scenario import Scenario

SCENARIO = Scenario(rtt_ms=20.0)
IDLE = Spread(400, 20.0, 20.0, None, ((99, "takes 1000 samples, there are 400"),))


def facts(**changes):
    """The facts of a run by qdisc; ``hhf={"drops": 3}`` changes the drops of hhf."""
    run = {
        "pfifo": _trial("pfifo", Spread(1700, 231.0, 252.0, 258.0), Spread(40, 1300.0)),
        "fq_codel": _trial("fq_codel", Spread(1700, 20.1, 20.2, 20.3), Spread(40, 101.0)),
        "hhf": replace(
            _trial("hhf", Spread(1700, 20.1, 20.4, 23.5), Spread(40, 104.0)),
            model=Model(0.9999, True, "", Spread(1700, 20.1, 20.4, 23.5)),
        ),
    }
    return {name: replace(trial, **changes.get(name, {})) for name, trial in run.items()}


def _trial(qdisc, load, fct):
    return Facts(
        qdisc=qdisc,
        rate_bps=50_000_000,
        idle=IDLE,
        load=load,
        fct=fct,
        started=40,
        bulk_bps=49_000_000.0,
        fairness=0.987,
        utilisation=1.0,
        drops=156,
    )
