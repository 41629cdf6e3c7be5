# SPDX-License-Identifier: GPL-2.0-or-later
from handmade import START_NS
from walks import walk

from hhf_testbed.analysis.passage import NEVER
from hhf_testbed.analysis.replay import Clock
from hhf_testbed.analysis.shaped import Htb, predict_alone
from hhf_testbed.model import Hhf
from hhf_testbed.params import HhfParams
from hhf_testbed.tc.shaper import Shaper

CLOCK = Clock(250, START_NS)
SHAPER = Shaper(rate_bps=8_000_000, burst_bytes=1000, quantum_bytes=1000)
"""1 byte takes 1 us; the burst is 1000 bytes, 1 ms, which is 15625 ticks of 64 ns."""


def leaves_us(text, **params):
    passage, _ = walk(text)
    hhf = Hhf(HhfParams(**params), now_jiffies=CLOCK.jiffies(START_NS))
    leave_ns = predict_alone(passage, hhf, CLOCK, SHAPER)
    return [None if t == NEVER else (t - START_NS) // 1000 for t in leave_ns.tolist()]


def test_after_an_idle_spell_the_burst_and_one_more_packet_leave_at_once():
    assert leaves_us("0 +A1 +A2 +A3 +A4") == [0, 0, 1000, 2000]


def test_credit_for_idle_time_ends_with_the_burst():
    assert leaves_us("0 +A1 900000000 +A2 +A3 +A4") == [0, 900_000, 900_000, 901_000]


def test_a_packet_that_finds_the_shaper_in_debt_waits_for_it():
    assert leaves_us("0 +A1 +A2 500000 +A3") == [0, 0, 1000]


def test_what_the_model_drops_never_leaves():
    assert leaves_us("0 +A1 +A2 +A3 +A4", limit_packets=1) == [0, 0, None, 1000]


def test_departures_that_were_captured_are_not_looked_at():
    assert leaves_us("0 +A1 +A2 +A3 5 -A1 6 -A2 7 -A3") == [0, 0, 1000]


def test_a_class_with_credit_may_send_at_once():
    assert Htb(SHAPER, tokens_ns=1_000_000, checked_ns=50).ready_ns == 50


def test_the_credit_of_a_class_is_its_burst_less_what_was_sent():
    htb = Htb(SHAPER, tokens_ns=1_000_000, checked_ns=0)
    htb.charge(1500, 200)
    assert (htb.tokens_ns, htb.ready_ns) == (-500_000, 500_200)
