# SPDX-License-Identifier: GPL-2.0-or-later
"""The model against the literal transliteration, call by call, under random operations."""

from typing import Any

import literal_hhf as literal
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hhf_testbed.errors import LabError
from hhf_testbed.model import NET_XMIT_CN, Hhf, LockupError, Packet, RefusedError
from hhf_testbed.model.features import CURRENT, SEED_2013
from hhf_testbed.params import HhfParams

# Few flows, of which many share table slots or counters; one of them has all bits set.
HASHES = st.sampled_from([h << 30 | t << 20 | 7 for h in range(4) for t in range(3)] + [2**32 - 1])
LENGTHS = st.sampled_from([60, 100, 590, 1514, 9014, 65_226]) | st.integers(1, 3000)
PAUSES = st.sampled_from([0, 0, 0, 1, 2, 5, 11, 40, 300, 2**30])
VALUES = {
    "limit_packets": st.sampled_from([0, 1, 2, 5, 1000]),
    "quantum_bytes": st.sampled_from([1, 100, 256, 1514, 9014, 2**30]),
    "hh_limit": st.sampled_from([0, 1, 3, 2048, 4000]),
    "reset_timeout_us": st.sampled_from([0, 1, 4001, 40_000, 10_000_000, 1_000_000_000]),
    "admit_bytes": st.sampled_from([0, 500, 3000, 131_072, 2**32 - 1]),
    "evict_timeout_us": st.sampled_from([0, 1, 40_000, 1_000_000]),
    "non_hh_weight": st.sampled_from([1, 2, 3, 10]),
}
CHANGES = st.fixed_dictionaries({}, optional=VALUES)
OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("enqueue"), HASHES, LENGTHS),
        st.tuples(st.just("burst"), HASHES, LENGTHS),
        st.tuples(st.just("wait"), PAUSES),
        st.tuples(st.just("dequeue")),
        st.tuples(st.just("peek")),
        st.tuples(st.just("take")),
        st.tuples(st.just("change"), CHANGES),
        st.tuples(st.just("reset")),
    ),
    min_size=5,
    max_size=60,
)


def named(packet: Packet | None) -> Any:
    return None if packet is None else (packet.hash_, packet.len_bytes, packet.key)


class Pair:
    """Both, fed alike; each method compares what they answer."""

    def __init__(self, params: dict[str, int], hz: int, now: int, seed: bool) -> None:
        features = SEED_2013 if seed else CURRENT
        self.model = Hhf(HhfParams(**params), hz=hz, now_jiffies=now, features=features)
        self.other = literal.new(now, params, hz, seed)
        self.now, self.serial = now, 0

    def enqueue(self, hash_: int, len_bytes: int) -> None:
        self.serial += 1
        outcome = self.model.enqueue(Packet(hash_, len_bytes, self.serial), self.now)
        total = self.other.total_cnt
        code, dropped, bucket = literal.enqueue(
            self.other, (hash_, len_bytes, self.serial), self.now
        )
        assert ("CN" if outcome.code == NET_XMIT_CN else "SUCCESS") == code
        assert (named(outcome.dropped), outcome.bucket) == (dropped, bucket)
        assert outcome.admitted == (self.other.total_cnt > total)

    def burst(self, hash_: int, len_bytes: int) -> None:
        for _ in range(8):
            self.enqueue(hash_, len_bytes)

    def wait(self, jiffies: int) -> None:
        self.now = (self.now + jiffies) % 2**32
        self.enqueue(7, 60)  # so that no two packets are ever 2**31 ticks apart

    def dequeue(self) -> None:
        assert named(self.model.dequeue()) == literal.dequeue(self.other)

    def peek(self) -> None:
        assert named(self.model.peek()) == literal.peek(self.other)

    def take(self) -> None:
        assert named(self.model.dequeue_peeked()) == literal.dequeue_peeked(self.other)

    def change(self, changes: dict[str, int]) -> None:
        answer = literal.change(self.other, changes)
        try:
            trimmed: Any = [named(packet) for packet in self.model.change(**changes)]
        except RefusedError as error:
            trimmed = {22: "EINVAL", 34: "ERANGE"}[error.errno]
        except LockupError:
            trimmed = "LOCKUP"
        assert trimmed == answer

    def reset(self) -> None:
        gone = [named(packet) for packet in self.model.reset(self.now)]
        assert gone == literal.reset(self.other, self.now)

    def compare(self) -> None:
        model, other, xstats = self.model, self.other, self.model.xstats()
        assert (model.qlen_packets, model.backlog_bytes) == (other.qlen, other.backlog)
        assert (model.sent_packets, model.sent_bytes) == (other.packets, other.bytes)
        assert (model.drops, xstats.drop_overlimit) == (other.drops, other.drop_overlimit)
        assert xstats.hh_overlimit == other.overlimit
        assert (xstats.hh_tot_count, xstats.hh_cur_count) == (other.total_cnt, other.current_cnt)
        told = tuple(-sum(column) % 2**32 for column in zip((0, 0), *other.told, strict=True))
        assert (model.parent.qlen_packets, model.parent.backlog_bytes) == told
        assert model.bucket_lengths() == (len(other.skbs[0]), len(other.skbs[1]))
        deficits = (model.wdrr.heavy.deficit_bytes, model.wdrr.light.deficit_bytes)
        assert deficits == (other.deficit[0], other.deficit[1])


@pytest.mark.parametrize("seed", [False, True], ids=["6.12", "2013"])
@settings(max_examples=200, deadline=None)
@given(
    params=CHANGES,
    hz=st.sampled_from([100, 250, 300, 1000]),
    now=st.sampled_from([0, 2**31 - 20, 2**32 - 20]),
    operations=OPERATIONS,
)
def test_the_model_agrees_with_a_literal_transliteration(
    seed: bool, params: dict[str, int], hz: int, now: int, operations: list[tuple[Any, ...]]
) -> None:
    try:
        pair = Pair(params, hz, now, seed)
    except LabError:
        return  # a refused start: tests of their own
    for name, *arguments in operations:
        getattr(pair, name)(*arguments)
        if pair.model._hung:  # a refused change or a trimming that never ends, in 2013
            return
        pair.compare()
