# SPDX-License-Identifier: GPL-2.0-or-later
"""When are the counters of filter F cleared?

By the first packet for which now > reset_timestamp + reset_timeout, in whole jiffies; that packet's
jiffy is the new reset_timestamp (``hhf_classify``). So a timeout of T jiffies makes intervals of
T + 1 or longer. Here all is sent in the middle of a jiffy.
"""

from hhf_testbed.model.hashing import ARRAYS, filter_positions
from hhf_testbed.regress.claim import claim
from hhf_testbed.regress.crowd import FLOWS, crowd_of
from hhf_testbed.regress.expect import equal
from hhf_testbed.regress.queue import Queue
from hhf_testbed.regress.rig import Rig

TICKS = 10
"""The timeout in most claims, in jiffies."""
WORD_BITS = 64
US_PER_S = 10**6


def _begin(rig: Rig, ticks: int = TICKS, admit_bytes: int = 131_072) -> Queue:
    """Return an hhf with a timeout of so many jiffies of which an interval begins now."""
    queue = rig.hhf(reset_timeout_us=ticks * US_PER_S // rig.hz, admit_bytes=admit_bytes)
    queue.hashes(1)  # loads a library, which takes time, now and not within a jiffy
    rig.to_mid_tick(ticks + 2)
    queue.send(0, 60)
    return queue


def _captured(queue: Queue) -> int:
    return int(queue.counts().hh_tot_count)


def _captured_after(rig: Rig, queue: Queue, ticks: int) -> int:
    """Send 86 full frames now and one more after so many jiffies; return how often it is captured.

    86 * 1514 = 130204 <= 131072 < 87 * 1514: it is captured if the counters were not cleared.
    """
    before = _captured(queue)
    queue.send(1, 1514, 86)
    rig.to_mid_tick(ticks)
    queue.send(1, 1514)
    return _captured(queue) - before


@claim()
def counters_stay_for_the_whole_timeout(rig: Rig) -> None:
    """Counters are not cleared at the timeout itself, now = reset_timestamp + timeout."""
    for ticks in (1, 2, TICKS, 100):
        queue = _begin(rig, ticks)
        equal(f"captured after {ticks} jiffies", _captured_after(rig, queue, ticks), 1)


@claim()
def counters_are_cleared_one_jiffy_after_the_timeout(rig: Rig) -> None:
    """Counters are cleared by a packet one jiffy after the timeout."""
    for ticks in (1, 2, TICKS, 100):
        queue = _begin(rig, ticks)
        equal(f"captured after {ticks} + 1", _captured_after(rig, queue, ticks + 1), 0)


@claim()
def the_default_timeout_is_40_ms(rig: Rig) -> None:
    """By default counters stay for HZ / 25 jiffies, and are cleared one later.

    HZ / 25 is 40 ms at HZ 100, 250, 300 and 1000: 4, 10, 12 and 40 jiffies.
    """
    for late, captured in ((0, 1), (1, 0)):
        queue = rig.hhf()
        rig.to_mid_tick(rig.hz)
        queue.send(0, 60)
        seen = _captured_after(rig, queue, rig.hz // 25 + late)
        equal(f"captured after HZ / 25 + {late} jiffies", seen, captured)


@claim()
def the_first_interval_begins_with_the_qdisc(rig: Rig) -> None:
    """The first interval begins when hhf is added, not with its first packet.

    T = 10. The first packets come 5 jiffies after it; 5 later the counters stay, 6 later they are
    cleared.
    """
    for ticks, captured in ((5, 1), (6, 0)):
        rig.to_mid_tick()
        queue = rig.hhf(reset_timeout_us=TICKS * US_PER_S // rig.hz)
        rig.to_mid_tick(5)
        seen = _captured_after(rig, queue, ticks)
        equal(f"captured 5 + {ticks} jiffies after the qdisc was added", seen, captured)


@claim()
def an_interval_begins_with_the_packet_that_clears(rig: Rig) -> None:
    """The next interval begins with the packet that cleared the counters, however late it came.

    T = 10, and 16 jiffies pass without a packet. Had the second interval begun at 10 or 11, it
    would be over at 21 or 22; it is over at 27: at 26 the counters stay, at 27 they are cleared.
    """
    for ticks, captured in ((10, 1), (11, 0)):
        queue = _begin(rig)
        rig.to_mid_tick(16)
        seen = _captured_after(rig, queue, ticks)
        equal(f"captured 16 + {ticks} jiffies after the first interval began", seen, captured)


@claim()
def a_long_silence_clears_once(rig: Rig) -> None:
    """After a silence of many timeouts the counters are cleared by the first packet only.

    All 87 packets come in one jiffy; had each cleared them, the last would not be captured.
    """
    queue = _begin(rig)
    rig.to_mid_tick(50 * TICKS + 5)
    queue.send(1, 1514, 86)
    equal("captured after 86 packets", _captured(queue), 0)
    queue.send(1, 1514)
    equal("captured after 87 packets", _captured(queue), 1)


@claim()
def time_alone_clears_nothing(rig: Rig) -> None:
    """Intervals are not laid out in time: without packets none begins.

    T = 10. A packet comes at 11 and clears; at 21, ten later, the counters stay, though two periods
    of ten or eleven jiffies would nearly be over; at 22 they are cleared.
    """
    for ticks, captured in ((10, 1), (11, 0)):
        queue = _begin(rig)
        rig.to_mid_tick(11)
        equal(f"captured {ticks} later", _captured_after(rig, queue, ticks), captured)


@claim()
def a_packet_of_a_heavy_flow_clears_too(rig: Rig) -> None:
    """A packet of a known heavy flow, which no counter concerns, clears them as any other does.

    T = 10. It comes at 11, so an interval begins. 86 packets of another flow at 12; at 22 they are
    not cleared, at 21 + 1, so they would be at 23 had the interval begun at 12. They are at 22: one
    more than 11 + 10.
    """
    for ticks, captured in ((9, 1), (10, 0)):
        queue = _begin(rig)
        queue.send(2, 1514, 87)
        equal("captured", _captured(queue), 1)
        rig.to_mid_tick(11)
        queue.send(2, 60)
        rig.to_mid_tick(1)
        seen = _captured_after(rig, queue, ticks)
        equal(f"captured 12 + {ticks} jiffies after the first interval began", seen, captured)


@claim()
def heavy_flows_stay_known_when_counters_are_cleared(rig: Rig) -> None:
    """Clearing the counters forgets no heavy flow: it is not captured again."""
    queue = _begin(rig)
    queue.send(1, 1514, 87)
    for _ in range(3):
        rig.to_mid_tick(TICKS + 1)
        queue.send(1, 1514, 90)
    seen = queue.counts()
    equal("captured, and heavy now", (seen.hh_tot_count, seen.hh_cur_count), (1, 1))


@claim()
def with_timeout_0_each_jiffy_is_an_interval(rig: Rig) -> None:
    """With a timeout of 0 counters stay within a jiffy and are cleared in the next."""
    for ticks, captured in ((0, 1), (1, 0)):
        queue = rig.hhf(reset_timeout_us=0)
        rig.to_mid_tick(2)
        queue.send(1, 1514, 86)
        if ticks:
            rig.to_mid_tick(ticks)
        queue.send(1, 1514)
        equal(f"captured {ticks} jiffies later", _captured(queue), captured)


@claim()
def a_timeout_is_rounded_up_to_jiffies(rig: Rig) -> None:
    """1 us is one jiffy, and one jiffy and 1 us are two (``usecs_to_jiffies``)."""
    jiffy_us = US_PER_S // rig.hz
    for timeout_us, ticks in ((1, 1), (jiffy_us, 1), (jiffy_us + 1, 2)):
        for late, captured in ((0, 1), (1, 0)):
            queue = rig.hhf(reset_timeout_us=timeout_us)
            rig.to_mid_tick(5)
            queue.send(0, 60)
            seen = _captured_after(rig, queue, ticks + late)
            equal(f"captured {ticks} + {late} jiffies later, {timeout_us} us", seen, captured)


@claim()
def a_sender_just_below_is_never_caught(rig: Rig) -> None:
    """A flow of one frame of 1000 bytes in each jiffy is caught if and only if T + 1 are too many.

    T = 10: an interval has 11 frames. With admit_bytes 11000 it is not caught in five intervals;
    with 10999 it is, with the 11th frame of the first.
    """
    for admit_bytes, caught_with in ((11_000, 0), (10_999, 11)):
        queue = _begin(rig, admit_bytes=admit_bytes)
        seen = 0
        for number in range(1, 5 * (TICKS + 1) + 1):
            queue.send(1, 1000)
            if not seen and _captured(queue):
                seen = number
            rig.to_mid_tick(1)
        equal(f"caught with frame, admit_bytes {admit_bytes}", seen, caught_with)


@claim()
def bytes_of_two_intervals_are_not_added(rig: Rig) -> None:
    """A flow that sends nearly twice admit_bytes is light if half comes in each of two intervals.

    172 * 1514 = 260408 bytes. In one interval it is heavy, which is the control.
    """
    for ticks, captured in ((TICKS + 1, 0), (1, 1)):
        queue = _begin(rig)
        for _ in range(2):
            queue.send(1, 1514, 86)
            rig.to_mid_tick(ticks)
        equal(f"captured, {ticks} jiffies between the halves", _captured(queue), captured)


@claim()
def all_four_arrays_are_cleared(rig: Rig) -> None:
    """Each of the four arrays is cleared.

    admit_bytes is 1500. In the first interval a flow fills the counter that it shares with a light
    flow in one array; in the second, others fill the other three. The light flow is not heavy. If
    all happens in one interval it is, which is the control. Tried with each array.
    """
    for ticks, captured in ((TICKS + 1, 0), (TICKS, 1)):
        for array in range(ARRAYS):
            queue = _begin(rig, admit_bytes=1500)
            crowd = crowd_of(queue)
            rig.to_mid_tick(TICKS + 1)
            queue.send(crowd.sharing[array][0], 1500)
            rig.to_mid_tick(ticks)
            for other in range(ARRAYS):
                if other != array:
                    queue.send(crowd.sharing[other][0], 1500)
            queue.send(crowd.light, 60)
            equal(f"captured, array {array}, after {ticks} jiffies", _captured(queue), captured)


@claim()
def every_part_of_an_array_is_cleared(rig: Rig) -> None:
    """Counters are cleared wherever they are in their arrays.

    One flow for each of the 16 words of an array's valid bits, which has its four counters in that
    word of each array. Each sends admit_bytes in one interval and 60 bytes in the next: none is
    heavy. In one interval all are.
    """
    for ticks in (TICKS + 1, TICKS):
        queue = _begin(rig, admit_bytes=1500)
        flows = _flow_of_each_word(queue.hashes(FLOWS))
        rig.to_mid_tick(TICKS + 1)
        for flow in flows:
            queue.send(flow, 1500)
        rig.to_mid_tick(ticks)
        for flow in flows:
            queue.send(flow, 60)
        captured = len(flows) if ticks == TICKS else 0
        equal(f"captured of {len(flows)} after {ticks} jiffies", _captured(queue), captured)


def _flow_of_each_word(hashes: list[int]) -> list[int]:
    """Of 16384 flows four are in a given word on average; one word in fifty goes without."""
    found: dict[int, int] = {}
    for flow, hash_ in enumerate(hashes):
        words = {position // WORD_BITS for position in filter_positions(hash_)}
        if len(words) == 1:
            found.setdefault(words.pop(), flow)
    return list(found.values())


@claim()
def a_new_timeout_holds_for_the_running_interval(rig: Rig) -> None:
    """A change of the timeout moves the end of the running interval, and does not begin another.

    From 100 jiffies to 10 at 5: cleared at 11, not at 10. From 10 to 20 at 5: cleared at 21, not at
    20.
    """
    for before, after in ((100, TICKS), (TICKS, 20)):
        for late, captured in ((0, 1), (1, 0)):
            queue = _begin(rig, before)
            rig.to_mid_tick(5)
            queue.change(reset_timeout_us=after * US_PER_S // rig.hz)
            seen = _captured_after(rig, queue, after - 5 + late)
            equal(f"captured after {after} + {late}, was {before}", seen, captured)


@claim()
def each_qdisc_has_intervals_of_its_own(rig: Rig) -> None:
    """An interval of one hhf neither begins nor ends with that of another.

    T = 10; that of the first begins at 0, that of the second at 5. So the counters of the first are
    cleared at 11, and those of the second at 16, not 11 later.
    """
    second = rig.hhf(reset_timeout_us=TICKS * US_PER_S // rig.hz)
    first = _begin(rig)
    rig.to_mid_tick(5)
    for queue in (first, second):
        queue.send(1, 1514, 86)
    for queue, ticks in ((first, 6), (second, 5)):
        rig.to_mid_tick(ticks)
        queue.send(1, 1514)
        equal(f"captured in {queue.name}", _captured(queue), 0)
