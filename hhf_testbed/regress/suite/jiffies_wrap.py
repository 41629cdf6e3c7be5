# SPDX-License-Identifier: GPL-2.0-or-later
"""Is time right when the 32 bits in which hhf keeps it go round?

``jiffies`` begins 300 s before that (INITIAL_JIFFIES), so each claim has a guest of its own, waits
until then, and looks at intervals that end before, across and after it. Tick 0 here is the one in
which the 32 bits are 0.
"""

from collections.abc import Callable

from hhf_testbed.regress.claim import claim
from hhf_testbed.regress.expect import equal, true
from hhf_testbed.regress.queue import Queue
from hhf_testbed.regress.rig import NS_PER_S, Rig

WRAP_S = 300
TICKS = 10
STARTS = (-2000, -30, -11, -10, -6, -1, 0, 20)
"""In ticks. From -11 to -1 the timeout, or the tick after it, is beyond the wrap."""
LONG_US = 100_000_000
Steps = list[tuple[int, Callable[[], None]]]


def _play(rig: Rig, steps: Steps) -> None:
    """Do the steps, each in the middle of its tick."""
    tick_ns = NS_PER_S // rig.hz
    true("the guest is young", rig.now_ns() < (WRAP_S - 30) * NS_PER_S, f"{rig.now_ns()} ns")
    now = rig.now_ns() // tick_ns - WRAP_S * rig.hz
    for tick, step in sorted(steps, key=lambda one: one[0]):
        if tick != now:
            rig.to_mid_tick(tick - now)
        now = tick
        step()


def _captured(queue: Queue, what: str, claimed: int) -> Callable[[], None]:
    """Return the step that sends one more packet and looks how often the flow was captured."""

    def check() -> None:
        queue.send(1, 1514)
        equal(what, queue.counts().hh_tot_count, claimed)

    return check


@claim(alone=True)
def counters_are_cleared_on_time(rig: Rig) -> None:
    """Counters stay for the timeout and are cleared one tick later, across the wrap too.

    Each interval begins with 86 full frames (the first finds the last interval long over); the 87th
    is captured if it comes 10 ticks later, and not if it comes 11 or thousands later.
    """
    steps: Steps = []
    for start in STARTS:
        for ticks, captured in ((TICKS, 1), (TICKS + 1, 0), (TICKS + 4000, 0)):
            queue = rig.hhf(reset_timeout_us=TICKS * 10**6 // rig.hz)
            steps.append((start, lambda queue=queue: queue.send(1, 1514, 86)))  # type: ignore[misc]
            what = f"captured {ticks} ticks after tick {start}"
            steps.append((start + ticks, _captured(queue, what, captured)))
    _play(rig, steps)


@claim(alone=True)
def heavy_flows_expire_on_time(rig: Rig) -> None:
    """A heavy flow is known for evict_timeout, and not one tick longer; at the wrap too.

    It is captured with its 87th full frame. Its counters are kept, 86 * 1514 bytes; so the next
    frame is not counted if the flow is known, and captured again if it is not.
    """
    steps: Steps = []
    for start in STARTS:
        for ticks, captured in ((TICKS, 1), (TICKS + 1, 2), (TICKS + 4000, 2)):
            queue = rig.hhf(reset_timeout_us=LONG_US, evict_timeout_us=TICKS * 10**6 // rig.hz)
            steps.append((start, lambda queue=queue: queue.send(1, 1514, 87)))  # type: ignore[misc]
            what = f"captured {ticks} ticks after tick {start}"
            steps.append((start + ticks, _captured(queue, what, captured)))
    _play(rig, steps)
