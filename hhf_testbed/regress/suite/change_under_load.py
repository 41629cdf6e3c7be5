# SPDX-License-Identifier: GPL-2.0-or-later
"""``tc qdisc change`` while packets wait: what it touches, and from when on (``hhf_change``)."""

from itertools import groupby

from hhf_testbed.regress.claim import claim
from hhf_testbed.regress.expect import equal
from hhf_testbed.regress.rig import Rig

HEAVY, LIGHT = 1, 2
LONG_US = 10**9
CHANGES = {
    "limit_packets": 900, "quantum_bytes": 2000, "hh_limit": 100, "reset_timeout_us": 600_000,
    "admit_bytes": 7, "evict_timeout_us": 1_200_000, "non_hh_weight": 3,
}  # fmt: skip


@claim()
def each_parameter_changes_alone(rig: Rig) -> None:
    """Changing one parameter leaves the six others and all counts as they are."""
    queue = rig.hhf()
    queue.send(LIGHT, 500, 5)
    for name, value in CHANGES.items():
        claimed = vars(queue.counts()) | {name: value}
        equal(f"errno of {name}", queue.change(**{name: value}), 0)
        equal(f"everything after {name} {value}", vars(queue.counts()), claimed)


@claim()
def a_change_loses_no_packet(rig: Rig) -> None:
    """Changing everything but the limit leaves all packets where they are, in their order."""
    queue = rig.hhf(admit_bytes=1000, drain_bps=10**6)
    heavy, light = queue.send(HEAVY, 1001, 4), queue.send(LIGHT, 60, 4)
    waiting = queue.counts(quiet=True)
    params = {name: value for name, value in CHANGES.items() if name != "limit_packets"}
    equal("errno", queue.change(**params), 0)
    seen = queue.counts()
    equal("what waits", (seen.qlen_packets, seen.backlog_bytes),
          (waiting.qlen_packets, waiting.backlog_bytes))  # fmt: skip
    left = queue.drain()
    for flow, numbers in ((HEAVY, heavy), (LIGHT, light)):
        equal(f"flow {flow}", [one.number for one in left if one.flow == flow], numbers)


@claim()
def a_lower_threshold_counts_from_the_next_packet(rig: Rig) -> None:
    """admit_bytes lowered below what was counted catches the flow with its next packet.

    5000 bytes counted; admit_bytes 4999 changes nothing by itself.
    """
    queue = rig.hhf(admit_bytes=100_000, reset_timeout_us=LONG_US)
    queue.send(HEAVY, 1000, 5)
    equal("errno", queue.change(admit_bytes=4999), 0)
    equal("heavy hitters after the change", queue.counts().hh_tot_count, 0)
    queue.send(HEAVY, 60)
    equal("heavy hitters after one packet", queue.counts().hh_tot_count, 1)


@claim()
def a_new_weight_counts_from_the_next_round(rig: Rig) -> None:
    """A weight changed while packets wait is used at the next top-up of the light bucket.

    Frames of 1514 bytes are a quantum each. The light bucket was given 1 * 1514 when it came: one
    packet. Then come turns of one heavy and, with the new weight of 3, three light ones.
    """
    queue = rig.hhf(admit_bytes=5000, non_hh_weight=1, reset_timeout_us=LONG_US)
    for flow in range(10, 19):
        queue.send(flow, 1514)
    equal("errno", queue.change(admit_bytes=0), 0)
    queue.send(HEAVY, 1514, 4)
    equal("errno", queue.change(non_hh_weight=3), 0)
    kinds = [one.flow == HEAVY for one in queue.drain()]
    turns = [(heavy, len(list(run))) for heavy, run in groupby(kinds)]
    equal("turns: heavy or not, packets", turns[:5],
          [(False, 1), (True, 1), (False, 3), (True, 1), (False, 3)])  # fmt: skip


@claim()
def a_longer_evict_timeout_holds_at_once(rig: Rig) -> None:
    """A heavy hitter that would have expired stays one if evict_timeout is raised meanwhile.

    Idle for 100 ms with a time-out of 40 ms, but 10 s by the time its next packet comes; the
    control is not changed, and has to earn its place again (1001 > 1000, so at once: tot 2).
    """
    for raised, total in ((True, 1), (False, 2)):
        queue = rig.hhf(admit_bytes=1000, evict_timeout_us=40_000)
        queue.send(HEAVY, 1001)
        rig.sleep_ms(100)
        if raised:
            equal("errno", queue.change(evict_timeout_us=10**7), 0)
        queue.send(HEAVY, 1001)
        equal(f"hh_tot_count, {raised=}", queue.counts().hh_tot_count, total)
