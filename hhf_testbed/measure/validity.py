# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether a trial can be trusted: each bound that it must keep, with its reason.

A problem here says nothing about the qdisc. It says that the lab did not do what it was to do.
"""

from collections.abc import Iterator
from dataclasses import dataclass

MIN_UTILISATION = 0.95
"""A qdisc only decides when packets wait. TCP may leave a moment idle after losses, not more."""
FRAMES_AT_THE_EDGE = 2
"""A window that cuts through a packet at both ends may count one more than it has time for, and
HTB's burst is one more (tc.shaper)."""
MIN_IDLE_PROBES = 20
"""A median takes ten samples on each side (analysis.statistics)."""
MIN_LOAD_PROBES = 200
"""A 95th percentile takes ten samples beyond it."""
RTT_SHARE, RTT_MS = 0.01, 0.1
"""The idle RTT may be off by 1 %, as ping prints three digits (up to 0.5 %) and the bottleneck's
and links' clock reads take microseconds, or by 0.1 ms if that is more."""


@dataclass(frozen=True)
class Evidence:
    """What validity is judged by; plain figures of one trial.

    Attributes:
        tcp_load: the bulk flows are TCP, which fills whatever there is.
        utilisation: share of the window in which the shaper was paid for.
        window_s, frame_s: length of the window; time that a longest frame takes to send.
        idle_probes, load_probes: answers in the idle phase and in the window.
        idle_rtt_ms: median in the idle phase; None without an answer.
        rtt_ms: what the path was given.
        longest_bytes, frame_bytes: the longest packet seen, and the longest there may be; 0 if
            offloads are on and there is no bound.
        captured, received: packets in tcpdump's file, and packets that it should have got; None
            if it does not tell.
        counted: packets and bytes of the leaf's last sample.
        left_least, left_most: packets and bytes that had left by the capture when the sample was
            begun, and when it was surely over.
        reports: what iperf3's reports complain of.
        unfinished: short flows that did not finish, with what they sent.
    """

    tcp_load: bool
    utilisation: float
    window_s: float
    frame_s: float
    idle_probes: int
    load_probes: int
    idle_rtt_ms: float | None
    rtt_ms: float
    longest_bytes: int
    frame_bytes: int
    captured: int | None
    received: int | None
    counted: tuple[int, int]
    left_least: tuple[int, int]
    left_most: tuple[int, int]
    reports: tuple[str, ...] = ()
    unfinished: tuple[str, ...] = ()


def check_validity(evidence: Evidence) -> list[str]:
    """Return each problem as a sentence that names the figure and its bound; empty if none."""
    return [
        *_bottleneck(evidence),
        *_probes(evidence),
        *_capture(evidence),
        *evidence.reports,
        *_short_flows(evidence),
    ]


def _bottleneck(evidence: Evidence) -> Iterator[str]:
    used = evidence.utilisation
    if evidence.tcp_load and used < MIN_UTILISATION:
        yield f"the bottleneck was in use for {used:.4f} of the window; at least {MIN_UTILISATION}"
    most = 1 + FRAMES_AT_THE_EDGE * evidence.frame_s / evidence.window_s
    if used > most:
        yield f"more than the shaped rate left, {used:.6f} of it; at most {most:.6f}"
    if evidence.frame_bytes and evidence.longest_bytes > evidence.frame_bytes:
        yield (
            f"a packet of {evidence.longest_bytes} bytes, at most {evidence.frame_bytes}: "
            "an offload is on"
        )


def _probes(evidence: Evidence) -> Iterator[str]:
    for phase, found, least in (
        ("the idle phase", evidence.idle_probes, MIN_IDLE_PROBES),
        ("the window", evidence.load_probes, MIN_LOAD_PROBES),
    ):
        if found < least:
            yield f"{found} probes were answered in {phase}; at least {least}"
    allowed_ms = max(RTT_MS, RTT_SHARE * evidence.rtt_ms)
    idle_ms = evidence.idle_rtt_ms
    if idle_ms is not None and abs(idle_ms - evidence.rtt_ms) > allowed_ms:
        yield (
            f"the idle RTT is {idle_ms:g} ms; the path was given {evidence.rtt_ms:g} ms, "
            f"within {allowed_ms:g} ms"
        )


def _capture(evidence: Evidence) -> Iterator[str]:
    if evidence.captured is None or evidence.captured != evidence.received:
        yield (
            f"tcpdump wrote {evidence.captured} packets and was given {evidence.received}; "
            "allowed is no difference"
        )
    for what, counted, least, most in zip(
        ("packets", "bytes"),
        evidence.counted,
        evidence.left_least,
        evidence.left_most,
        strict=True,
    ):
        if evidence.frame_bytes and not least <= counted <= most:
            yield (
                f"at its last sample the qdisc had sent {counted} {what}; by the capture it "
                f"was {least} to {most}"
            )


def _short_flows(evidence: Evidence) -> Iterator[str]:
    if evidence.unfinished:
        count = len(evidence.unfinished)
        yield f"{count} short flows did not finish, allowed is none: {evidence.unfinished[0]}" + (
            " and others" if count > 1 else ""
        )
