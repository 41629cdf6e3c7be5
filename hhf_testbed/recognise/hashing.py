# SPDX-License-Identifier: GPL-2.0-or-later
"""Which flow hash a kernel has: seen in which flows it takes for heavy when counters are shared.

1200 flows send one small packet each, and a flow is heavy when four counters that others lifted say
so. How many are heavy, at twelve moments, follows from every single hash. The secret comes out of
the guest (hhf_key.c), so each known hash function predicts these numbers; a wrong one does not
get all of them right.

Known are siphash over the dissected packet (since 5.4, both flags), and the 2013 hash (neither
flag), for packets whose socket has no hash of its own, as those of a packet socket. What came
between, jhash over the dissected packet (4.2 to 5.3), hashes a struct whose layout no kernel that
can be built here shows. Such a kernel is told from the others by its secret of 32 bits; whether it
dissects is left undecided.
"""

from typing import Final

from hhf_testbed.conform.flow_hash import UDP, five_tuple, flow_hashes
from hhf_testbed.conform.recording import Done, Recording
from hhf_testbed.conform.scenario import Scenario
from hhf_testbed.conform.steps import Enqueue, Sample, Step
from hhf_testbed.model import Features, Hhf, Packet, seed_hash
from hhf_testbed.params import U32_MAX
from hhf_testbed.recognise.evidence import Evidence

DISSECTED, SIPHASH = "hash_dissected", "hash_siphash"
SIPHASH_KEY_BYTES: Final = 16
JHASH_KEY_BYTES: Final = 4
ROUNDS: Final = 12
FLOWS_PER_ROUND: Final = 100
ROUND_NS: Final = 1_000_000
FRAME_BYTES: Final = 60
ASKED: Final = f"{ROUNDS * FLOWS_PER_ROUND} flows share 4096 counters"


def _steps() -> tuple[Step, ...]:
    steps: list[Step] = []
    for number in range(ROUNDS):
        at_ns = number * ROUND_NS
        first = number * FLOWS_PER_ROUND
        steps += [Enqueue(at_ns, f, FRAME_BYTES) for f in range(first, first + FLOWS_PER_ROUND)]
        steps.append(Sample(at_ns + ROUND_NS // 2))
    return tuple(steps)


SCENARIO: Final = Scenario(
    name="hash_dissected and hash_siphash",
    rate_bps=8000,
    steps=_steps(),
    hhf={
        "limit_packets": 10_000,
        "admit_bytes": 2 * FRAME_BYTES - 1,
        "reset_timeout_us": 10**8,
        "evict_timeout_us": 10**8,
    },
)


def judge(recording: Recording, hz: int, found: Features) -> tuple[Evidence, Evidence]:
    """Return what the recording of ``SCENARIO`` says about both flags."""
    secret = f"{ASKED}, a secret of {len(recording.key)} bytes"
    if len(recording.key) == SIPHASH_KEY_BYTES:
        if _counts(recording) == _modelled(flow_hashes(SCENARIO.flows, recording.key), hz, found):
            seen = f"{secret}: siphash predicts every heavy hitter"
            return Evidence(DISSECTED, True, seen), Evidence(SIPHASH, True, seen)
        return _both(None, f"{secret}: siphash does not predict the heavy hitters", recording)
    if len(recording.key) != JHASH_KEY_BYTES:
        return _both(None, f"{secret}: no known hash has that", recording)
    siphash = Evidence(SIPHASH, False, f"{secret}: siphash has {SIPHASH_KEY_BYTES}")
    if _counts(recording) == _modelled(seed_hashes(SCENARIO.flows, recording.key), hz, found):
        return Evidence(DISSECTED, False, f"{secret}: the hash of 2013 predicts all"), siphash
    undecided = f"{secret}: not the hash of 2013; no other of that size is known here"
    return Evidence(DISSECTED, None, undecided, _text(recording)), siphash


def _both(value: bool | None, seen: str, recording: Recording) -> tuple[Evidence, Evidence]:
    text = _text(recording)
    return Evidence(DISSECTED, value, seen, text), Evidence(SIPHASH, value, seen, text)


def _counts(recording: Recording) -> list[int]:
    """Return how many heavy hitters the kernel counted at each sample."""
    values = [event.values for event in recording.events if isinstance(event, Done)]
    return [seen["hh_tot_count"] for seen in values if seen and "hh_tot_count" in seen]


def _modelled(hashes: list[int], hz: int, features: Features) -> list[int]:
    """Return how many the model counts; no time-out passes, so its clock may stand still."""
    hhf = Hhf(SCENARIO.params(features), hz=hz, features=features)
    counts = []
    for step in SCENARIO.steps:
        if isinstance(step, Enqueue):
            hhf.enqueue(Packet(hashes[step.flow], step.len_bytes), 0)
        else:
            counts.append(hhf.xstats().hh_tot_count)
    return counts


def seed_hashes(flows: int, key: bytes) -> list[int]:
    """Return the hashes of 2013 for flows 0 to ``flows`` - 1."""
    perturbation = int.from_bytes(key, "little") & U32_MAX
    tuples = (five_tuple(flow) for flow in range(flows))
    return [
        seed_hash.seed_hash(source, to, UDP, port + to_port, perturbation)
        for source, to, port, to_port in tuples
    ]


def _text(recording: Recording) -> str:
    return f"secret {recording.key.hex()}; heavy hitters counted: {_counts(recording)}\n"
