# SPDX-License-Identifier: GPL-2.0-or-later
"""Random scenarios: the same seed and number always give the same scenario.

Ordinary values are mixed with odd ones: limits of 0 and 1, quanta below the floor and near the
largest, time-outs of nothing and of so many microseconds that they have always expired, thresholds
of 0 and of 4 GB, jumbo frames, thousands of flows, bursts at one instant, long silence. Below tbf
the limit is lowered again and again while packets wait, because the packet that tbf peeked at is
then the first to go.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from random import Random
from typing import Final

from hhf_testbed.conform.scenario import APART_NS, HARD_HEADER_BYTES, Scenario
from hhf_testbed.conform.steps import Change, Enqueue, Link, Sample, Step
from hhf_testbed.model import CURRENT, Features
from hhf_testbed.params import INT_MAX, U32_MAX

NS_PER_S: Final = 10**9
WRAP_NS: Final = 300 * NS_PER_S
"""Jiffies wrap 300 s after boot (``INITIAL_JIFFIES``)."""
WRAP_EVERY: Final = 15
CROWD_EVERY: Final = 10
"""Every tenth scenario has so many flows that filter counters and slots of table T are shared."""
TBF_EVERY: Final = 4
"""Every fourth scenario has tbf above HHF, all others HTB."""
ROOM_PACKETS: Final = 20
LIMITS_BELOW_TBF: Final = (0, 1, 1, 2, 3, 10, 50)
CROWD: Final = (1000, 2500, 5000)
TIMEOUTS_US: Final = (0, 1, 1000, 4000, 40_000, 40_001, 100_000, 1_000_000, 4_294_000_000, U32_MAX)
CHOICES: Final = {
    "limit_packets": (0, 1, 2, 3, 7, 30, 100, 300, 1000, 2000, U32_MAX),
    "quantum_bytes": (1, 255, 256, 300, 1514, 3000, 9014, 100_000, 2**30, INT_MAX),
    "hh_limit": (0, 1, 2, 5, 20, 100, 2047, 2048),
    "reset_timeout_us": TIMEOUTS_US,
    "admit_bytes": (0, 1, 60, 1514, 5000, 20_000, 131_072, 10**6, U32_MAX - 500, U32_MAX),
    "evict_timeout_us": TIMEOUTS_US,
    "non_hh_weight": (1, 1, 2, 3, 5, 100, 10_000),
}
REFUSED: Final = ({"non_hh_weight": 0}, {"hh_limit": 2049}, {"quantum_bytes": U32_MAX})
FLOWS: Final = (1, 2, 3, 6, 12, 25, 50, 64, 200, 1000, 4000)


def scenarios(seed: int, packets: int, features: Features = CURRENT) -> Iterator[Scenario]:
    """Yield scenarios until they have at least that many packets together.

    ``features`` tells what the kernel would hang at; that is left out.
    """
    for number in count():
        scenario = random_scenario(seed, number, features)
        yield scenario
        packets -= scenario.packets
        if packets <= 0:
            return


def random_scenario(seed: int, number: int, features: Features = CURRENT) -> Scenario:
    """Return one scenario; one in ``WRAP_EVERY`` begins shortly before jiffies wrap."""
    random = Random(f"hhf conform {seed} {number}")
    crowded = number % CROWD_EVERY == CROWD_EVERY // 2
    mtu_bytes = random.choice((1500, 1500, 1500, 9000, 576, 68, 65_500))
    hhf = _params(random, random.choice((0.1, 0.4, 0.8)))
    if crowded:
        hhf |= {"admit_bytes": random.choice((500, 3000, 10_000)), "reset_timeout_us": 10**6}
    below_tbf = number % TBF_EVERY == TBF_EVERY - 1
    rate_bps = _rate_bps(random, slow=below_tbf)
    start_ns = 0 if number % WRAP_EVERY else WRAP_NS - random.randrange(1, NS_PER_S)
    frame_bytes = mtu_bytes + HARD_HEADER_BYTES
    if below_tbf:
        frame_ns = frame_bytes * 8 * NS_PER_S // rate_bps
        traffic: _Traffic = _BelowTbf(random, frame_bytes, crowded, frame_ns, features)
    else:
        traffic = _Traffic(random, frame_bytes, crowded)
    return Scenario(
        name=f"seed {seed}, number {number}",
        rate_bps=rate_bps,
        mtu_bytes=mtu_bytes,
        parent="tbf" if below_tbf else "htb",
        hhf=hhf,
        start_ns=start_ns,
        steps=tuple(traffic.steps()),
    )


def _rate_bps(random: Random, *, slow: bool) -> int:
    """Choose from 100 kbit/s to 10 Gbit/s. ``slow``: rather the lower ones, so that more waits."""
    decades = random.uniform(0, 5)
    return int(10 ** (5 + (decades**2 / 5 if slow else decades))) // 8 * 8


def _params(random: Random, share: float) -> dict[str, int]:
    """Choose some of the parameters, together such that the kernel accepts them."""
    chosen = {name: random.choice(of) for name, of in CHOICES.items() if random.random() < share}
    quantum = max(256, chosen.get("quantum_bytes", 65_514))
    if quantum * chosen.get("non_hh_weight", 2) > INT_MAX:
        chosen["non_hh_weight"] = 1
    return chosen


@dataclass(frozen=True)
class _Flow:
    number: int
    lengths_bytes: Sequence[int]


class _Traffic:
    """Phases of bursts, of paced packets and of silence, with changes and samples between."""

    def __init__(self, random: Random, frame_bytes: int, crowded: bool) -> None:
        self._random, self._frame_bytes = random, frame_bytes
        self._now_ns = APART_NS * random.randrange(1, 10**6)
        self._packets = int(10 ** random.uniform(*((3.5, 4.1) if crowded else (1.7, 3.9))))
        flows = random.choice(CROWD if crowded else FLOWS)
        self._flows = [self._flow(number) for number in range(flows)]
        skew = random.choice((0.0, 0.8, 1.5))
        self._weights = [1 / (rank + 1) ** skew for rank in range(flows)]
        self._up = True
        self._link_share = random.choice((0, 0, 0, 0.05))
        self._change_share = random.choice((0, 0.1, 0.3))

    def steps(self) -> Iterator[Step]:
        """Yield the steps, at last a sample after all could have left."""
        while self._packets > 0:
            yield from self._phase()
            yield from self._between()
        if not self._up:
            yield Link(self._wait(), up=True)
        yield Sample(self._wait())
        self._now_ns += 10 * NS_PER_S
        yield Sample(self._wait())

    def _flow(self, number: int) -> _Flow:
        longest = self._random.choice((60, 98, 576, 1514, self._frame_bytes, self._frame_bytes))
        top = max(60, min(longest, self._frame_bytes))
        return _Flow(number, self._random.choice(((top,), (60, top), range(60, top + 1))))

    def _phase(self) -> Iterator[Step]:
        """Some packets at one instant, or at even or random intervals, or a pause."""
        size = min(self._packets, int(10 ** self._random.uniform(0, 3)))
        gap_ns = int(10 ** self._random.uniform(3.4, 7.5)) // APART_NS * APART_NS
        kind = self._random.choice(("burst", "even", "random", "clumps"))
        chosen = self._random.choices(self._flows, self._weights, k=size)
        self._now_ns += APART_NS
        for flow in chosen:
            yield Enqueue(self._now_ns, flow.number, self._random.choice(flow.lengths_bytes))
            self._now_ns += self._gap_ns(kind, gap_ns)
        self._packets -= size

    def _gap_ns(self, kind: str, gap_ns: int) -> int:
        if kind == "burst" or (kind == "clumps" and self._random.random() < 0.9):
            return 0
        if kind == "even":
            return gap_ns
        return self._random.randrange(1, gap_ns // APART_NS + 2) * APART_NS

    def _between(self) -> Iterator[Step]:
        random = self._random
        if random.random() < 0.5:
            yield Sample(self._wait())
        if random.random() < self._change_share:
            yield Change(
                self._wait(), random.choice(REFUSED) if random.random() < 0.2 else self._some()
            )
            yield Sample(self._wait())
        if random.random() < self._link_share or not self._up:
            self._up = not self._up
            yield Link(self._wait(), self._up)
            yield Sample(self._wait())
        if random.random() < 0.3:
            self._now_ns += int(10 ** random.uniform(5, 9.5)) // APART_NS * APART_NS

    def _some(self) -> dict[str, int]:
        return _params(self._random, 0.3) or {"limit_packets": self._random.choice((1, 10, 100))}

    def _wait(self) -> int:
        self._now_ns += APART_NS * self._random.choice((1, 1, 10, 1000))
        return self._now_ns


class _BelowTbf(_Traffic):
    """The same below tbf: more changes, most of them to a low limit.

    Kernels without ``peeked_trimmed`` hang when the limit becomes 0 and only the packet is left
    that tbf peeked at. When that is, the generator cannot know, so they never hear of 0.
    """

    def __init__(
        self,
        random: Random,
        frame_bytes: int,
        crowded: bool,
        frame_ns: int,
        features: Features,
    ) -> None:
        super().__init__(random, frame_bytes, crowded)
        self._frame_ns, self._features = frame_ns, features
        self._change_share = self._random.choice((0.2, 0.5, 0.9))
        self._squeeze_share = self._random.choice((1, 3, 10))

    def _between(self) -> Iterator[Step]:
        yield from super()._between()
        for _ in range(int(self._squeeze_share + self._random.random())):
            yield from self._squeeze()

    def _squeeze(self) -> Iterator[Step]:
        """Few packets, a lower limit, and time in which tbf wakes and peeks anew.

        They become longer, as a rule: what tbf peeks at when it wakes for a shorter one must stay.
        """
        random = self._random
        yield Change(self._wait(), {"limit_packets": ROOM_PACKETS})
        self._pass_ns(self._frame_ns * 10 ** random.uniform(-2, 1.2))
        lengths = random.choices((60, max(60, self._frame_bytes // 2), self._frame_bytes), k=6)
        for length in (self._frame_bytes, *(lengths if random.random() < 0.2 else sorted(lengths))):
            yield Enqueue(self._now_ns, random.choice(self._flows).number, length)
        for _ in range(random.randrange(1, 3)):
            yield Change(self._later(), self._within_reason({"limit_packets": random.randrange(5)}))
            for _ in range(random.randrange(1, 6)):
                yield Sample(self._later())

    def _later(self) -> int:
        """Wait for some part of the time that a frame takes."""
        return self._pass_ns(self._frame_ns * 10 ** self._random.uniform(-2.5, 0.3))

    def _pass_ns(self, about_ns: float) -> int:
        self._now_ns += APART_NS * (1 + int(about_ns) // APART_NS)
        return self._now_ns

    def _some(self) -> dict[str, int]:
        some = super()._some()
        if self._random.random() < 0.7:
            some["limit_packets"] = self._random.choice(LIMITS_BELOW_TBF)
        return self._within_reason(some)

    def _within_reason(self, some: dict[str, int]) -> dict[str, int]:
        if self._features.peeked_trimmed or some.get("limit_packets") != 0:
            return some
        return some | {"limit_packets": 1}
