# SPDX-License-Identifier: GPL-2.0-or-later
"""Replays worked by hand."""

import random
import tracemalloc

import pytest
from handmade_files import (
    START_NS,
    A,
    B,
    C,
    enhanced,
    ethernet,
    interface,
    packet,
    pcap,
    pcapng,
    udp,
)

from hhf_testbed.errors import LabFailure, RequestError
from hhf_testbed.replay.result import heavy_flows, remarks, row, to_json

MS = 1_000_000
SERVICE_NS = 1514 * 8000  # at 1 Mbit/s


def burst(packets, *, start_ns=0, gap_ns=1000, octets=None, wire_bytes=1514):
    return [packet(start_ns + n * gap_ns, octets, wire_bytes) for n in range(packets)]


def classes(run, queue="hhf"):
    return to_json(run)["classes"][queue]


def test_three_packets_at_once_wait_for_those_before_them(replay):
    run = replay([packet(0, wire_bytes=1000) for _ in range(3)])
    other = classes(run)["other"]
    assert (other["packets"], other["max_ms"], other["mean_ms"]) == (3, 16.0, 8.0)
    assert other["p50_ms"] == pytest.approx(8.0, rel=1 / 256)
    assert run.link.busy_ns == run.link.free_ns - run.clock.start_ns == 24 * MS


def test_a_packet_that_comes_when_the_link_is_free_does_not_wait(replay):
    run = replay([packet(time_ns, wire_bytes=1000) for time_ns in (0, 8 * MS, 20 * MS)])
    delays = run.watch.classes.delays[False]
    assert (delays.count, delays.least_ns, delays.greatest_ns) == (3, 0, 0)
    assert to_json(run)["link"]["utilisation"] == 24 / 28


@pytest.mark.parametrize(("late_ns", "drops"), [(8 * MS, 1), (8 * MS + 1, 0)])
def test_the_packet_in_transmission_is_not_in_the_queue_and_has_no_part_in_its_limit(
    replay, late_ns, drops
):
    """One is sent, one waits until 8 ms; who comes just then comes before that one is taken."""
    packets = [packet(time_ns, wire_bytes=1000) for time_ns in (0, 0, late_ns)]
    run = replay(packets, qdisc="hhf limit=1")
    assert run.watch.classes.drops[False] == run.plain.classes.drops[False] == drops


@pytest.mark.parametrize(("after_ns", "waits_ns"), [(0, 0), (1, 12_111)])
def test_a_packet_that_comes_just_when_the_link_becomes_free_is_queued_first(
    replay, after_ns, waits_ns
):
    """Two heavy packets wait. A light one overtakes both if the link has not taken one yet."""
    came_ns = 86 * 13_000
    packets = [*burst(86, gap_ns=13_000), *burst(3, start_ns=came_ns)]
    late_ns = came_ns + 12_112 + after_ns
    run = replay([*packets, packet(late_ns, ethernet(udp(C)), 60)], rate="1gbit")
    assert run.watch.classes.delays[True].count == 3
    assert run.watch.classes.delays[False].greatest_ns == waits_ns


def test_packet_87_of_1514_bytes_is_the_first_heavy_one(replay):
    run = replay(burst(100))
    (flow,) = heavy_flows(run)
    found = row(flow, run.clock.start_ns)
    assert (found["admitted_s"], found["before_bytes"]) == (86e-6, 87 * 1514)
    assert (found["admissions"], found["evictions"], found["heavy_intervals"]) == (1, 0, 1)
    assert run.watch.truth.tally.false_positives == run.watch.truth.tally.missed_packets == 0
    assert [classes(run)[name]["packets"] for name in ("heavy", "other")] == [14, 86]


def test_delays_of_100_packets_by_hand(replay):
    """Two light packets and a heavy one by turns: the 14th heavy one is number 41 from 0."""
    run = replay(burst(100))
    assert classes(run)["heavy"]["max_ms"] == (41 * SERVICE_NS - 99_000) / MS
    assert classes(run)["other"]["max_ms"] == (99 * SERVICE_NS - 85_000) / MS
    assert classes(run, "pfifo")["heavy"]["max_ms"] == (99 * SERVICE_NS - 99_000) / MS
    assert classes(run, "pfifo")["other"]["max_ms"] == (85 * SERVICE_NS - 85_000) / MS


def test_the_oldest_heavy_packets_are_dropped_first_and_pfifo_drops_the_last(replay):
    run = replay(burst(100), qdisc="hhf limit=90")
    assert (classes(run)["heavy"]["drops"], classes(run)["other"]["drops"]) == (9, 0)
    assert classes(run, "pfifo")["heavy"]["drops"] == 9
    assert classes(run)["heavy"]["packets"] == 5
    assert heavy_flows(run)[0].drops == 9


def test_a_flow_that_is_back_after_the_time_out_was_evicted_a_tick_later(replay, diary):
    run = replay([*burst(87), packet(2_000 * MS)], rate="1gbit", observe=lambda _: diary)
    events = [(what, time_ns - START_NS) for what, time_ns in diary.lines]
    assert events == [("admitted", 86_000), ("evicted", 1_004 * MS)]
    assert heavy_flows(run)[0].evictions == 1


def test_a_flow_that_is_evicted_and_admitted_again_by_one_packet_counts_as_both(replay, diary):
    packets = [*burst(87), packet(20 * MS)]
    options = {"rate": "1gbit", "qdisc": "hhf evict_timeout=4ms"}
    run = replay(packets, **options, observe=lambda _: diary)
    assert [what for what, _ in diary.lines] == ["admitted", "evicted", "admitted"]
    assert (run.watch.truth.tally.evictions, run.watch.truth.tally.admissions) == (1, 2)


def test_a_flow_that_never_comes_back_is_evicted_if_the_file_lasts_long_enough(replay):
    quiet = [packet(1_003 * MS, ethernet(udp(C))), packet(1_004 * MS, ethernet(udp(C)))]
    assert replay([*burst(87), *quiet], rate="1gbit").watch.truth.tally.evictions == 1
    assert replay([*burst(87), *quiet[:1]], rate="1gbit").watch.truth.tally.evictions == 0


def test_an_interval_ends_one_tick_after_the_reset_time_out(replay):
    def intervals(last_ns):
        return replay([packet(0), packet(last_ns)]).watch.truth.tally.intervals

    assert (intervals(44 * MS - 1), intervals(44 * MS)) == (1, 2)


def test_bytes_of_two_intervals_are_not_added(replay):
    run = replay([*burst(80), *burst(80, start_ns=50 * MS)], rate="1gbit")
    assert heavy_flows(run) == []
    assert next(iter(run.book)).peak_interval_bytes == 80 * 1514


def many_flows(count):
    return [ethernet(udp(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}", B)) for n in range(count)]


def test_light_flows_that_share_all_counters_are_false_positives(replay):
    """5000 flows of one packet each: none exceeds admit_bytes, and the filter is full."""
    packets = [packet(n * 1000, octets, 1000) for n, octets in enumerate(many_flows(5000))]
    run = replay(packets, rate="10gbit", qdisc="hhf admit_bytes=1000")
    tally = run.watch.truth.tally
    assert tally.admissions == tally.false_positives > 100
    assert (tally.heavy_flow_intervals, tally.missed_packets, tally.early) == (0, 0, 0)


def test_a_false_positive_that_becomes_heavy_in_the_same_interval_was_only_early(replay):
    flows = many_flows(5000)
    packets = [packet(n * 1000, octets, 1000) for n, octets in enumerate(flows)]
    packets += [packet(5_000_000 + n * 1000, octets, 1000) for n, octets in enumerate(flows)]
    tally = replay(packets, rate="10gbit", qdisc="hhf admit_bytes=1000").watch.truth.tally
    assert tally.early > 100
    assert tally.false_positives == 0


def test_the_key_of_the_hash_decides_who_is_a_false_positive(replay):
    packets = [packet(n * 1000, octets, 1000) for n, octets in enumerate(many_flows(3000))]
    options = {"rate": "10gbit", "qdisc": "hhf admit_bytes=1000"}
    runs = [replay(packets, **options, seed=seed) for seed in (1, 1, 2)]
    names = [{flow.name for flow in heavy_flows(run)} for run in runs]
    assert names[0] == names[1] != names[2]


def test_a_heavy_flow_that_a_full_table_turns_away_is_missed(replay):
    tally = replay(burst(100), qdisc="hhf hh_limit=0").watch.truth.tally
    assert (tally.missed_packets, tally.missed_flow_intervals) == (14, 1)
    assert tally.missed_with_room_packets == 0
    again = burst(100, start_ns=50 * MS)
    tally = replay([*burst(100), *again], qdisc="hhf hh_limit=0", rate="1gbit").watch.truth.tally
    assert (tally.missed_packets, tally.missed_flow_intervals) == (28, 2)


def test_an_evict_time_out_below_the_reset_time_out_misses_heavy_flows(replay):
    """Evicted within the interval, the flow's counters are too low for a small packet."""
    packets = [*burst(87), packet(20 * MS, wire_bytes=60)]
    tally = replay(packets, rate="1gbit", qdisc="hhf evict_timeout=4ms").watch.truth.tally
    assert tally.missed_with_room_packets == 1
    assert replay(packets, rate="1gbit").watch.truth.tally.missed_packets == 0


@pytest.mark.parametrize("order", ["<", ">"])
def test_pcap_and_pcapng_give_the_same_answer(replay, order):
    packets = [*burst(100), *burst(50, start_ns=MS, octets=ethernet(udp(B, A, 5000, 4000)))]
    answers = [to_json(replay(make(packets, order=order))) for make in (pcap, pcapng)]
    places = [answer["traffic"].pop("places") for answer in answers]
    assert answers[0] == answers[1]
    assert [place["interface"] for (place,) in places] == ["", "0"]


def test_both_directions_are_one_flow_except_in_2013(replay):
    back = burst(50, start_ns=100_000, octets=ethernet(udp(B, A, 5000, 4000)))
    assert replay([*burst(50), *back]).book.distinct == 1
    assert replay([*burst(50), *back], profile="2013").book.distinct == 2


def test_time_that_steps_back_a_little_is_held_and_counted(replay):
    run = replay([packet(0), packet(5 * MS), packet(3 * MS), packet(6 * MS)])
    assert (run.clock.clamped, run.clock.most_backwards_ns) == (1, 2 * MS)
    assert any("1 packets are older" in remark for remark in remarks(run))


def test_time_that_steps_back_more_than_a_second_ends_the_replay_and_names_the_record(replay):
    run = replay([packet(2_000 * MS), packet(0), packet(3_000 * MS)])
    assert run.packets == 1
    assert "record 1 (the first is 0), which starts at byte 82, is 2.000000 s older" in str(
        run.damage
    )


def test_a_pause_that_32_bits_of_ticks_cannot_hold_ends_the_replay(replay):
    month = 30 * 86_400 * 1000 * MS
    assert "days after the one before it" in str(replay([packet(0), packet(month)], hz=1000).damage)
    assert replay([packet(0), packet(month)], hz=250).damage is None


def test_a_clock_that_wraps_300_s_after_the_start_changes_nothing(replay):
    late = burst(100, start_ns=299_999_950_000)
    tally = replay([packet(0), *late], rate="1gbit").watch.truth.tally
    assert (tally.admissions, tally.missed_packets) == (1, 0)


def test_a_length_that_no_packet_has_ends_the_replay(replay):
    assert "is a packet of 2000000 bytes" in str(
        replay([packet(0), packet(1, wire_bytes=2_000_000)]).damage
    )
    assert "is a packet of 0 bytes" in str(replay([packet(0), (1, b"", 0)]).damage)
    run = replay([packet(0), (1, bytes(60), 59)])
    assert "60 bytes were captured of a packet of 59" in str(run.damage)


def test_a_link_type_that_is_unknown_ends_the_replay_where_it_comes(replay):
    strange = interface(147) + enhanced(1, bytes(60), 60, number=1)
    run = replay(pcapng([packet(0)]) + strange, where=(None, "both"))
    assert run.packets == 1
    assert "record 1 (the first is 0) is of link type 147; allowed are Ethernet" in str(run.damage)


def test_a_file_without_a_packet_is_a_lab_failure(replay):
    with pytest.raises(LabFailure, match="has no packets: nothing was learned"):
        replay([])


def test_a_file_that_is_damaged_from_the_first_record_on_is_a_lab_failure(replay):
    with pytest.raises(LabFailure, match=r"record 0 .* is cut off.*nothing could be replayed"):
        replay(pcap([packet(0)])[:-1])


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"rate": "0"}, "1Kbit to 100Gbit"),
        ({"qdisc": "fq_codel"}, "the model knows hhf only"),
        ({"qdisc": "hhf quantum=0"}, "quantum"),
        ({"hz": 128}, "100, 250, 300, 1000"),
        ({"profile": "9"}, "allowed are 2013, 5.10"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_a_wrong_request_is_refused_with_what_is_allowed(replay, asked, said):
    with pytest.raises(RequestError, match=said):
        replay([packet(0)], **asked)


def test_past_the_bound_small_flows_are_forgotten_and_counted_but_heavy_ones_are_not(replay):
    packets = burst(100, gap_ns=10)
    for n, octets in enumerate(many_flows(1000)):
        packets.append(packet(10_000 + n * 10, octets, 100))
    run = replay(packets, rate="10gbit", max_flows=64)
    book = run.book
    assert len(list(book)) <= 64
    assert book.forgotten == book.distinct - len(list(book))
    assert book.forgotten_packets == book.forgotten
    assert book.unsure_bytes > 0
    assert len(heavy_flows(run)) == 1
    assert any("are counted but not known" in remark for remark in remarks(run))


def test_memory_does_not_depend_on_the_length_of_the_file(replay):
    """Ten times the packets, over 64 flows known out of ever new ones: less than 0.3 MB more."""

    def peak_bytes(packets):
        rng = random.Random(1)
        each = [
            packet(n * 100_000, ethernet(udp(A, B, rng.randrange(1 << 16), n % 7)), 600)
            for n in range(packets)
        ]
        content = pcap(each)
        del each
        tracemalloc.start()
        replay(content, rate="10mbit", max_flows=64)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    peak_bytes(100)  # what is imported and cached once
    assert peak_bytes(10_000) - peak_bytes(1_000) < 300_000
