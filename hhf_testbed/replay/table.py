# SPDX-License-Identifier: GPL-2.0-or-later
"""A replay on the terminal."""

from collections.abc import Sequence
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from hhf_testbed.units import format_rate

SHOWN_FLOWS: Final = 20


def show(console: Console, found: dict[str, Any]) -> None:
    """Print what ``result.to_json`` gave."""
    traffic, link, request = found["traffic"], found["link"], found["request"]
    console.print(
        f"{traffic['packets']:,} packets of {traffic['flows']:,} flows in {traffic['spell_s']:.3f} "
        f"s at {format_rate(request['rate_bps'])}; the link was busy {link['utilisation']:.1%} of"
        f" {link['spell_s']:.3f} s; kernel {request['profile']}, HZ {request['hz']}"
    )
    console.print(_delays(found["classes"]))
    _flows(console, found["heavy_hitters"])
    for line in _judgement(found):
        console.print(line)
    for remark in found["remarks"]:
        console.print(f"Note: {remark}.")


def _delays(classes: dict[str, Any]) -> Table:
    """Delays before transmission; pfifo's classes are those that HHF made."""
    table = Table(title="Delay in the queue, ms", title_justify="left", box=None, pad_edge=False)
    table.add_column("queue")
    table.add_column("packets treated as")
    for name in ("sent", "p50", "p95", "p99", "max", "dropped"):
        table.add_column(name, justify="right")
    for queue, by_class in classes.items():
        for name, values in by_class.items():
            shown = [_ms(values[key]) for key in ("p50_ms", "p95_ms", "p99_ms", "max_ms")]
            sent, drops = f"{values['packets']:,}", f"{values['drops']:,}"
            table.add_row(queue, name, sent, *shown, drops)
    return table


def _ms(value_ms: float | None) -> str:
    return "-" if value_ms is None else f"{value_ms:.3f}"


def _flows(console: Console, flows: list[dict[str, Any]]) -> None:
    if not flows:
        console.print("No flow was a heavy hitter.")
        return
    title = f"Heavy hitters, {min(len(flows), SHOWN_FLOWS)} of {len(flows)}"
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    table.add_column("flow", overflow="fold")
    for name in ("admitted s", "after bytes", "bytes", "Mbit/s", "evicted", "drops", "remark"):
        table.add_column(name, justify="left" if name == "remark" else "right")
    for flow in flows[:SHOWN_FLOWS]:
        admitted = "never" if flow["admitted_s"] is None else f"{flow['admitted_s']:.6f}"
        after = "-" if flow["before_bytes"] is None else f"{flow['before_bytes']:,}"
        rate = f"{flow['rate_bps'] / 1e6:.2f}"
        counts = [f"{flow['bytes']:,}", rate, str(flow["evictions"]), f"{flow['drops']:,}"]
        table.add_row(flow["flow"], admitted, after, *counts, _remark(flow))
    console.print(table)


def _remark(flow: dict[str, Any]) -> str:
    words = {"false_positives": "false positive", "early": "early", "missed_packets": "missed"}
    return ", ".join(f"{flow[key]} {word}" for key, word in words.items() if flow[key])


def _judgement(found: dict[str, Any]) -> list[str]:
    truth, filter_ = found["truth"], found["filter"]
    return [
        f"Against the truth: {truth['heavy_flow_intervals']:,} times a flow was truly heavy in one "
        f"of {truth['intervals']:,} intervals; {truth['admissions']:,} admissions, of which "
        f"{truth['false_positives']:,} false positives and {truth['early']:,} early; "
        f"{truth['missed_packets']:,} packets missed, {truth['missed_with_room_packets']:,} of "
        f"them while table T had room; {truth['evictions']:,} evictions.",
        f"Filter F: at most {filter_['most_in_use']:.1%} of its counters in use, the largest "
        f"{filter_['largest_counter_bytes']:,} bytes.",
    ]


def show_seeds(console: Console, found: Sequence[dict[str, Any]]) -> None:
    """Print what the secret key of the hash changes."""
    title = "The same with other keys of the flow hash"
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for name in ("seed", "admissions", "false positives", "early", "other p99 ms", "heavy p99 ms"):
        table.add_column(name, justify="right")
    for one in found:
        truth, classes = one["truth"], one["classes"]["hhf"]
        delays = [_ms(classes[name]["p99_ms"]) for name in ("other", "heavy")]
        counts = [truth["admissions"], truth["false_positives"], truth["early"]]
        table.add_row(str(one["request"]["seed"]), *map(str, counts), *delays)
    console.print(table)
