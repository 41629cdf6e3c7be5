# SPDX-License-Identifier: GPL-2.0-or-later
"""The claims of the demonstration: hhf beside pfifo, and the model beside the kernel.

Each function judges one claim from the facts of a run, or returns None if the run lacks a qdisc
that the claim is about. Each bound stands beside its reason; ``controls`` has the two runs in
which the effect must not appear.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from hhf_testbed.analysis.controls import DEFAULT_LIMIT_PACKETS, baseline, loaded_pfifo, ms
from hhf_testbed.analysis.facts import QUANTILES, Facts, service_ms
from hhf_testbed.analysis.verdict import Claim, verdict
from hhf_testbed.scenario import Scenario

MIN_DELAY_RATIO: Final = 10.0
"""What the demonstration promises. Expected is 1 + 242 ms / RTT, as a full pfifo adds 242 ms at
50 Mbit/s and hhf next to nothing: 25 for a path of 10 ms, 13 for one of 20 ms."""
MAX_FCT_RATIO: Final = 0.5
"""A short flow needs the same number of round trips under both, so expected is the inverse of the
ratio of RTTs, less than 0.1. Half leaves room for short flows that wait for each other, and for a
loss with its retransmission."""
MAX_PRICE: Final = 0.03
"""Both qdiscs send whenever a packet waits, and other traffic takes equally much under both: 2 %
for the short flows of the default scenario. Left is how TCP takes its losses, some 1 %."""
MIN_SAME_PACKET: Final = 0.99
"""The model does not know the key of the kernel's hash. If two flows share a counter in one only,
an admission moves, and with it the order of some packets; one in a hundred allows for that."""


def judge(
    facts: Mapping[str, Facts], scenario: Scenario, *, pfifo_limit: int = DEFAULT_LIMIT_PACKETS
) -> list[Claim]:
    """Judge every claim for which this run has the qdiscs.

    Args:
        facts: by the label of the qdisc.
        scenario: what all trials of the run did.
        pfifo_limit: packets that pfifo may hold, as read back from the kernel.
    """
    control = loaded_pfifo(facts, scenario, limit_packets=pfifo_limit)
    claims = list(_comparisons(facts, control))
    # With offloads on, the kernel queues super-packets that the capture shows in pieces.
    foretold = None if scenario.offloads else prediction(facts)
    claims += [c for c in (foretold, control, baseline(facts, scenario)) if c is not None]
    return claims


def _comparisons(facts: Mapping[str, Facts], control: Claim | None) -> Iterator[Claim]:
    """The claims about hhf beside pfifo; no better than the control."""
    if control is None or "hhf" not in facts:
        return
    doubts = [f"the pfifo control failed: {doubt}" for doubt in control.doubts]
    for claim in (delay, short_flows, price):
        yield claim(facts["hhf"], facts["pfifo"], doubts)


def delay(hhf: Facts, pfifo: Facts, doubts: list[str]) -> Claim:
    """Under load, probes are ten times faster through hhf than through pfifo."""
    theirs_ms, ours_ms = pfifo.load.p95, hhf.load.p95
    doubts = [*doubts, *hhf.named_problems(), *hhf.doubt("load", 95), *pfifo.doubt("load", 95)]
    ratio = theirs_ms / ours_ms if theirs_ms and ours_ms else 0.0
    return Claim(
        "delay",
        "Under bulk load, hhf's 95th percentile RTT is at least ten times lower than pfifo's.",
        f"pfifo's p95 RTT is at least {MIN_DELAY_RATIO:g} times hhf's.",
        f"It is less than {MIN_DELAY_RATIO:g} times hhf's.",
        f"pfifo {ms(theirs_ms)}, hhf {ms(ours_ms)}{_times(theirs_ms, ours_ms)}.",
        verdict(holds=ratio >= MIN_DELAY_RATIO, doubts=doubts),
        tuple(doubts),
    )


def short_flows(hhf: Facts, pfifo: Facts, doubts: list[str]) -> Claim:
    """Short flows complete in at most half the time under hhf."""
    theirs_ms, ours_ms = pfifo.fct.p50, hhf.fct.p50
    doubts = [*doubts, *hhf.named_problems(), *hhf.doubt("fct", 50), *pfifo.doubt("fct", 50)]
    ratio = ours_ms / theirs_ms if theirs_ms and ours_ms else float("inf")
    return Claim(
        "short flows",
        "Beside bulk flows, short flows finish at least twice as fast under hhf as under pfifo.",
        f"hhf's median completion time is at most {MAX_FCT_RATIO:g} of pfifo's. A flow needs the "
        "same number of round trips under both, so its time goes with the RTT; half leaves room "
        "for losses and for short flows that wait for each other.",
        f"It is more than {MAX_FCT_RATIO:g} of pfifo's.",
        f"hhf {ms(ours_ms)}, pfifo {ms(theirs_ms)}{_times(theirs_ms, ours_ms)}.",
        verdict(holds=ratio <= MAX_FCT_RATIO, doubts=doubts),
        tuple(doubts),
    )


def price(hhf: Facts, pfifo: Facts, doubts: list[str]) -> Claim:
    """The bulk flows together lose next to nothing."""
    doubts = [*doubts, *hhf.named_problems()]
    change = hhf.bulk_bps / pfifo.bulk_bps - 1 if pfifo.bulk_bps else -1.0
    return Claim(
        "price",
        "The price is small: all bulk flows together get almost what they get under pfifo.",
        f"hhf's total is at most {MAX_PRICE:.0%} below pfifo's. Both send whenever a packet waits, "
        "so only TCP's answer to its losses can differ.",
        f"It is more than {MAX_PRICE:.0%} below.",
        f"hhf {_mbit(hhf.bulk_bps)}, pfifo {_mbit(pfifo.bulk_bps)}: {change:+.2%}.",
        verdict(holds=change >= -MAX_PRICE, doubts=doubts),
        tuple(doubts),
    )


def prediction(facts: Mapping[str, Facts]) -> Claim | None:
    """The model names the packets that the kernel sent, and so the delay."""
    hhf = facts.get("hhf")
    if hhf is None or hhf.model is None:
        return None
    same, grain_ms = hhf.model.same_packet, service_ms(hhf.rate_bps)
    doubts = [*hhf.named_problems(), *hhf.doubt("load", 50), *hhf.doubt("load", 95)]
    errors = {p: e for p in QUANTILES if (e := hhf.model_error_ms(p)) is not None}
    holds = same >= MIN_SAME_PACKET and all(abs(error) <= grain_ms for error in errors.values())
    return Claim(
        "prediction",
        "The reference model, given what arrived and when something left, says what left.",
        f"It names the kernel's packet for at least {MIN_SAME_PACKET:.0%} of departures, and its "
        f"p50, p95 and p99 RTT are within {grain_ms:.3f} ms of the measured: one service time, the "
        "step in which a delay changes when two packets change places.",
        f"It names fewer, or one of the three is off by more than {grain_ms:.3f} ms.",
        f"{same:.4%} of departures; RTT off by {_errors(errors)}.",
        verdict(holds=holds, doubts=doubts),
        tuple(doubts),
    )


def _times(larger: float | None, smaller: float | None) -> str:
    return f": {larger / smaller:.1f} times" if larger and smaller else ""


def _errors(errors: Mapping[int, float]) -> str:
    known = ", ".join(f"{error:+.3f} ms (p{percent})" for percent, error in errors.items())
    return known or "an unknown amount"


def _mbit(bps: float) -> str:
    return f"{bps / 1e6:.2f} Mbit/s"
