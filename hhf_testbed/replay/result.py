# SPDX-License-Identifier: GPL-2.0-or-later
"""What a replay found, as plain values: for the terminal, for programs and for files alike."""

from dataclasses import asdict
from typing import Any, Final

from hhf_testbed.replay.classes import Classes
from hhf_testbed.replay.flows import Flow
from hhf_testbed.replay.run import Run

SCHEMA_VERSION: Final = 1
LISTED_FLOWS: Final = 1000
USUAL_BYTES: Final = 9018  # a jumbo frame with its header


def to_json(run: Run) -> dict[str, Any]:
    """Return everything but the time series; times in seconds since the first packet."""
    return {
        "schema_version": SCHEMA_VERSION,
        "request": asdict(run.request),
        "traffic": _traffic(run),
        "link": _link(run),
        "classes": {"hhf": _classes(run.watch.classes), "pfifo": _classes(run.plain.classes)},
        "truth": run.watch.truth.tally.to_json(),
        "xstats": asdict(run.watch.hhf.xstats()),
        "filter": _filter(run),
        "heavy_hitters": [
            row(flow, run.clock.start_ns) for flow in heavy_flows(run)[:LISTED_FLOWS]
        ],
        "remarks": remarks(run),
        "damage": None if run.damage is None else str(run.damage),
    }


def _traffic(run: Run) -> dict[str, Any]:
    return {
        "packets": run.packets,
        "bytes": run.watch.arrived_bytes,
        "first_ns": run.clock.start_ns,
        "spell_s": (run.clock.now_ns - run.clock.start_ns) / 1e9,
        "flows": run.book.distinct,
        "flows_forgotten": run.book.forgotten,
        "places": run.places.to_json(),
        "replayed": asdict(run.vantage),
        "longest_bytes": run.watch.longest_bytes,
        "time_clamped_packets": run.clock.clamped,
    }


def _link(run: Run) -> dict[str, Any]:
    spell_ns = run.link.free_ns - run.clock.start_ns
    return {
        "rate_bps": run.request.rate_bps,
        "busy_s": run.link.busy_ns / 1e9,
        "spell_s": spell_ns / 1e9,
        "utilisation": run.link.busy_ns / spell_ns if spell_ns else 0.0,
        "sent_bytes": run.link.sent_bytes,
    }


def _classes(classes: Classes) -> dict[str, Any]:
    return {
        name: {**classes.delays[heavy].to_json(), "drops": classes.drops[heavy]}
        for name, heavy in (("heavy", True), ("other", False))
    }


def _filter(run: Run) -> dict[str, Any]:
    watch = run.watch
    return {
        "most_in_use": watch.most_in_use,
        "largest_counter_bytes": watch.largest_counter_bytes,
    }


def heavy_flows(run: Run) -> list[Flow]:
    """Return the flows that were admitted or truly heavy: those that sent most come first."""
    found = [flow for flow in run.book if flow.admissions or flow.heavy_intervals]
    return sorted(found, key=lambda flow: (-flow.sent_bytes, flow.first_ns, flow.name))


def row(flow: Flow, start_ns: int) -> dict[str, Any]:
    """Return one flow's values; None where it was never admitted."""
    was = flow.admissions > 0
    return {
        "flow": flow.name,
        "hash": f"{flow.hash_:08x}",
        "packets": flow.packets,
        "bytes": flow.sent_bytes,
        "rate_bps": flow.rate_bps,
        "first_s": (flow.first_ns - start_ns) / 1e9,
        "last_s": (flow.last_ns - start_ns) / 1e9,
        "admitted_s": (flow.admitted_ns - start_ns) / 1e9 if was else None,
        "before_bytes": flow.before_bytes if was else None,
        "before_total_bytes": flow.before_total_bytes if was else None,
        "admissions": flow.admissions,
        "evictions": flow.evictions,
        "heavy_intervals": flow.heavy_intervals,
        "peak_interval_bytes": flow.peak_interval_bytes,
        "false_positives": flow.false_positives,
        "early": flow.early,
        "missed_packets": flow.missed_packets,
        "drops": flow.drops,
    }


def remarks(run: Run) -> list[str]:
    """Say what a reader of the figures must know."""
    book, clock, longest_bytes = run.book, run.clock, run.watch.longest_bytes
    said = {
        f"{clock.clamped} packets are older than one before them, by up to "
        f"{clock.most_backwards_ns / 1e6:g} ms; they were taken to come at the same time as it": (
            clock.clamped
        ),
        f"{run.cut_packets} packets were captured without their ports (too few octets); flows that "
        "differ in nothing else are taken as one": run.cut_packets,
        f"the longest frame has {longest_bytes} bytes: captured with offloads on, such a frame "
        "is many packets on the wire, and one to HHF": longest_bytes > USUAL_BYTES,
        f"{book.forgotten} flows that sent little ({book.forgotten_packets} packets, "
        f"{book.forgotten_bytes} bytes) are counted but not known one by one; a flow may have sent "
        f"up to {book.unsure_bytes} bytes more in an interval than is counted for it": (
            book.forgotten
        ),
        f"the file has {run.places}; replayed is {run.vantage} (--interface, --direction)": (
            len(run.places.seen) > 1
        ),
        "what went out had already passed the queue of that interface: where that was the "
        "bottleneck, --direction in has the arrivals before it": run.vantage.direction != "both"
        and any(place[1] == "out" and run.vantage.takes(place) for place in run.places.seen),
    }
    return [sentence for sentence, holds in said.items() if holds]
