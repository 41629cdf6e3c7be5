# SPDX-License-Identifier: GPL-2.0-or-later
"""The multistage filter F: four arrays of counters, a flow having one in each (``hhf_classify``).

The flows of a ``Crowd`` meet its light flow in one counter only, so each counter of the light flow
can be filled alone, and the one that is filled least can be read.
"""

from hhf_testbed.model.hashing import ARRAYS
from hhf_testbed.regress.claim import claim
from hhf_testbed.regress.crowd import Crowd, crowd_of
from hhf_testbed.regress.expect import equal
from hhf_testbed.regress.queue import Queue
from hhf_testbed.regress.rig import Rig

LONG_US = 10_000_000
"""A reset timeout that does not end within a claim."""
NEVER_BYTES = 2**31
"""An admit_bytes that nothing here reaches."""
L_BYTES = 1500


def _with_crowd(rig: Rig, admit_bytes: int) -> tuple[Queue, Crowd]:
    queue = rig.hhf(admit_bytes=admit_bytes, reset_timeout_us=LONG_US)
    return queue, crowd_of(queue)


def _captured(queue: Queue) -> int:
    return int(queue.counts().hh_tot_count)


def _fill_others(queue: Queue, crowd: Crowd, array: int) -> None:
    """Fill the light flow's counters in the other arrays: 30000 bytes in each."""
    for other in range(ARRAYS):
        if other != array:
            queue.send(crowd.sharing[other][0], L_BYTES, 20)


def _counter_is(queue: Queue, flow: int, value_bytes: int) -> None:
    """Raise Refuted unless the least of the flow's counters has this value.

    A frame of 60 is not captured with admit_bytes value + 60, so the counter is no more, and is now
    value + 60. Another is captured with value + 119, so it was no less.
    """
    before = _captured(queue)
    queue.change(admit_bytes=value_bytes + 60)
    queue.send(flow, 60)
    equal(f"a counter above {value_bytes} bytes", _captured(queue) - before, 0)
    queue.change(admit_bytes=value_bytes + 119)
    queue.send(flow, 60)
    equal(f"a counter of at least {value_bytes} bytes", _captured(queue) - before, 1)


@claim()
def only_four_shared_counters_make_a_light_flow_heavy(rig: Rig) -> None:
    """A light flow may share one, two or three counters with heavy traffic, but not all four.

    admit_bytes is 1500. Each of four other flows sends one frame of 1500 bytes, which fills the
    counter that it shares; after each the light flow sends 60 bytes. With the fourth shared counter
    60 + 1500 > 1500: the false positive that the arithmetic wants, and the control. Tried with each
    array as the last.
    """
    for last in range(ARRAYS):
        queue, crowd = _with_crowd(rig, L_BYTES)
        order = [array for array in range(ARRAYS) if array != last] + [last]
        for shared, array in enumerate(order):
            queue.send(crowd.light, 60)
            equal(f"captured, {shared} counters shared", _captured(queue), 0)
            queue.send(crowd.sharing[array][0], L_BYTES)
        queue.send(crowd.light, 60)
        equal(f"captured, four counters shared, the last in array {last}", _captured(queue), 1)


@claim()
def an_array_has_1024_counters(rig: Rig) -> None:
    """Flows whose index in an array differs in any one of its ten bits have two counters there.

    Three counters of a light flow are full. In the fourth array ten flows fill the counters whose
    index is its own with one bit changed: it is not captured. Then one fills its own: it is.
    """
    for array in range(ARRAYS):
        queue, crowd = _with_crowd(rig, L_BYTES)
        for other in range(ARRAYS):
            if other != array:
                queue.send(crowd.sharing[other][0], L_BYTES)
        for flow in crowd.beside[array]:
            queue.send(flow, L_BYTES)
        queue.send(crowd.light, 60)
        equal(f"captured, array {array}, counters beside full", _captured(queue), 0)
        queue.send(crowd.sharing[array][0], L_BYTES)
        queue.send(crowd.light, 60)
        equal(f"captured, array {array}, its own counter full", _captured(queue), 1)


@claim()
def a_counter_holds_the_bytes_of_its_flow(rig: Rig) -> None:
    """In each array a flow's counter holds exactly its bytes: 1500 + 60 + 777 = 2337."""
    for array in range(ARRAYS):
        queue, crowd = _with_crowd(rig, NEVER_BYTES)
        for len_bytes in (L_BYTES, 60, 777):
            queue.send(crowd.sharing[array][0], len_bytes)
        _fill_others(queue, crowd, array)
        _counter_is(queue, crowd.light, 2337)


@claim()
def a_counter_grows_no_further_than_it_must(rig: Rig) -> None:
    """A flow raises a counter no further than to the least of its counters plus the packet's bytes.

    One flow has filled a counter with 6000 bytes. Another that shares it sends 2500: 6000 stay,
    plain addition giving 8500. It sends 7500 in all: the counter is 7500, the larger of the two
    (conservative update; Estan and Varghese, SIGCOMM 2002, section 3.3.2). In each array.
    """
    for array in range(ARRAYS):
        for sent_bytes, counter_bytes in ((2500, 6000), (7500, 7500)):
            queue, crowd = _with_crowd(rig, NEVER_BYTES)
            large, small, _ = crowd.sharing[array]
            queue.send(large, L_BYTES, 4)
            queue.send(small, 500, sent_bytes // 500)
            _fill_others(queue, crowd, array)
            _counter_is(queue, crowd.light, counter_bytes)


@claim()
def the_least_counter_decides(rig: Rig) -> None:
    """A flow that shares its counter in three arrays with heavy traffic is heavy by its own bytes.

    The other three hold 30000 bytes, more than admit_bytes, 6000; its own after four frames of 1500
    holds 6000: the fifth is captured.
    """
    for array in range(ARRAYS):
        queue, crowd = _with_crowd(rig, NEVER_BYTES)
        _fill_others(queue, crowd, array)
        queue.change(admit_bytes=6000)
        queue.send(crowd.light, L_BYTES, 4)
        equal(f"captured with the fourth, array {array}", _captured(queue), 0)
        queue.send(crowd.light, L_BYTES)
        equal(f"captured with the fifth, array {array}", _captured(queue), 1)


@claim()
def a_heavy_flow_is_counted_no_more(rig: Rig) -> None:
    """Neither the packet with which a flow is captured nor any later one raises a counter.

    With admit_bytes 6000 the fifth frame of 1500 is captured; after 50 more the counters are still
    6000, in each array (shielding; Estan and Varghese, SIGCOMM 2002, section 3.3.1).
    """
    for array in range(ARRAYS):
        queue, crowd = _with_crowd(rig, 6000)
        queue.send(crowd.sharing[array][0], L_BYTES, 55)
        equal("captured", _captured(queue), 1)
        queue.change(admit_bytes=NEVER_BYTES)
        _fill_others(queue, crowd, array)
        _counter_is(queue, crowd.light, 6000)


@claim()
def a_refused_flow_is_counted_no_more(rig: Rig) -> None:
    """Packets above the threshold of a flow that finds the table full do not raise a counter.

    With admit_bytes 6000 and hh_limit 0, 51 of 55 frames of 1500 are refused; counters stay 6000.
    """
    for array in range(ARRAYS):
        queue, crowd = _with_crowd(rig, 6000)
        queue.change(hh_limit=0)
        queue.send(crowd.sharing[array][0], L_BYTES, 55)
        equal("refused", queue.counts().hh_overlimit, 51)
        queue.change(admit_bytes=NEVER_BYTES, hh_limit=2048)
        _fill_others(queue, crowd, array)
        _counter_is(queue, crowd.light, 6000)


@claim()
def many_light_flows_make_none_heavy(rig: Rig) -> None:
    """500 flows of 1200 bytes each, together 600000, are all light with admit_bytes 10000.

    A flow would need eight others or more in each of its four counters (8 * 1200 + 1200 > 10000); a
    given counter of 1024 has so many of 500 flows with probability 5e-8, so all four never have.
    """
    queue = rig.hhf(admit_bytes=10_000, reset_timeout_us=LONG_US)
    for flow in range(500):
        queue.send(flow, 1200)
    equal("captured", _captured(queue), 0)
    queue.send(500, 1200, 10)
    equal("captured, one flow having sent 12000", _captured(queue), 1)
