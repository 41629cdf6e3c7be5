# SPDX-License-Identifier: GPL-2.0-or-later
"""The negative controls: where the effect must not appear.

A control that does not hold says nothing about hhf. It says that this lab could not have shown the
effect, or shows it where there is none; so its verdict is lab failure, never refuted.
"""

from collections.abc import Mapping
from typing import Final

from hhf_testbed.analysis.facts import Facts, service_ms
from hhf_testbed.analysis.verdict import Claim, verdict
from hhf_testbed.scenario import Scenario

DEFAULT_LIMIT_PACKETS: Final = 1000
"""pfifo's limit if none is given: the transmit queue length of the interface (sch_fifo.c), which
is 1000 for Ethernet-like devices (DEFAULT_TX_QUEUE_LEN)."""
MIN_FULL: Final = 0.5
"""TCP that loses a packet at a full queue at worst halves its window (RFC 5681; cubic keeps 0.7 of
it), so one in twenty probes meets a queue that is at least half full."""
EDGE_FRAMES: Final = 3
"""On top of a full queue: one packet held by HTB, one on the link, and the probe itself."""


def baseline(facts: Mapping[str, Facts], scenario: Scenario) -> Claim | None:
    """Before the load, no qdisc adds anything to the RTT of the path; None without any trial."""
    if not facts:
        return None
    base_ms, grain_ms = scenario.rtt_ms, service_ms(scenario.rate_bps)
    doubts = [doubt for fact in facts.values() for doubt in fact.doubt("idle", 95)]
    doubts += [
        f"{fact.qdisc}: idle RTT p95 is {fact.idle.p95:.3f} ms, the path has {base_ms:g} ms"
        for fact in facts.values()
        if fact.idle.p95 is not None and abs(fact.idle.p95 - base_ms) > grain_ms
    ]
    return Claim(
        "idle control",
        "Control: without load there is nothing to improve, and every qdisc shows the bare path.",
        f"The idle p95 RTT of each is within {grain_ms:.3f} ms, one service time, of the "
        f"{base_ms:g} ms that the path was given.",
        "Nothing: a lab with another delay than it was given has failed.",
        ", ".join(f"{fact.qdisc} {ms(fact.idle.p95)}" for fact in facts.values()) + ".",
        verdict(holds=True, doubts=doubts),
        tuple(doubts),
    )


def loaded_pfifo(
    facts: Mapping[str, Facts], scenario: Scenario, *, limit_packets: int
) -> Claim | None:
    """Under load, a probe waits behind pfifo's whole queue; None without pfifo."""
    pfifo = facts.get("pfifo")
    if pfifo is None:
        return None
    full_ms = full_queue_ms(scenario, limit_packets)
    low_ms, high_ms = band_ms(scenario, limit_packets)
    p95_ms = pfifo.load.p95
    doubts = [*pfifo.named_problems(), *pfifo.doubt("load", 95)]
    if p95_ms is not None and not low_ms <= p95_ms <= high_ms:
        allowed = f"{low_ms:.1f} to {high_ms:.1f} ms"
        doubts.append(f"pfifo: p95 RTT under load is {ms(p95_ms)}, expected is {allowed}")
    return Claim(
        "pfifo control",
        "Control: without hhf the delay is there, as probes wait behind pfifo's whole queue.",
        f"pfifo's p95 RTT is {low_ms:.1f} to {high_ms:.1f} ms. A full queue of {limit_packets} "
        f"packets of 1514 bytes takes {full_ms:.1f} ms to send, on top of {scenario.rtt_ms:g} ms; "
        "small packets and TCP's backing off make it less, but not less than half.",
        "Nothing: a lab that does not fill pfifo's queue cannot show what hhf is good for.",
        f"pfifo {ms(p95_ms)}.",
        verdict(holds=True, doubts=doubts),
        tuple(doubts),
    )


def full_queue_ms(scenario: Scenario, limit_packets: int) -> float:
    """Time to send a full queue of full frames: 1000 * 1514 * 8 / 50 Mbit/s is 242.24 ms."""
    return limit_packets * service_ms(scenario.rate_bps)


def band_ms(scenario: Scenario, limit_packets: int) -> tuple[float, float]:
    """Lowest and highest p95 RTT in ms of a pfifo that bulk flows keep busy."""
    full_ms = full_queue_ms(scenario, limit_packets)
    edge_ms = EDGE_FRAMES * service_ms(scenario.rate_bps)
    return scenario.rtt_ms + MIN_FULL * full_ms, scenario.rtt_ms + full_ms + edge_ms


def ms(value: float | None) -> str:
    """A time for a sentence."""
    return "unknown" if value is None else f"{value:.1f} ms"
