# SPDX-License-Identifier: GPL-2.0-or-later
"""The traffic that speed is measured with, and the model's time for it, on one core.

``python -m hhf_testbed.compiled.benchmark PACKETS HZ`` measures the model that it finds and prints
JSON; ``hhf model bench`` runs it for both. Making the packets and the loop around, which are plain
Python in any case, are part of what is measured.

Two mixes of flows, at 10 Gbit/s; packets come in bursts of 64 and leave in bursts, with a queue
that stands at 500 to 564 packets of its limit of 1000:

- bulk: ten heavy flows of 1514-byte packets, 60 % of all packets, and 5000 light flows of 90 to
  1514 bytes. Most packets find their flow in table T.
- light: 5000 light flows of 90 to 1514 bytes. All packets pass through filter F.
"""

import json
import random
import sys
import time
from typing import TYPE_CHECKING, Any, Final

from hhf_testbed import compiled
from hhf_testbed.params import HhfParams

if TYPE_CHECKING:
    from hhf_testbed.model import Hhf

PATTERN: Final = 65_536
"""Packets; the traffic repeats after as many."""
BURST: Final = 64
STANDING: Final = 500
HEAVY_FLOWS: Final = 10
LIGHT_FLOWS: Final = 5000
MIXES: Final = {"bulk": 0.6, "light": 0.0}
BYTES_PER_S: Final = 10_000_000_000 // 8


def traffic(heavy_share: float) -> list[tuple[int, int]]:
    """Return flow number and length of ``PATTERN`` packets, the same in each run."""
    rng = random.Random(1)
    light = range(HEAVY_FLOWS, HEAVY_FLOWS + LIGHT_FLOWS)
    return [
        (rng.randrange(HEAVY_FLOWS), 1514)
        if rng.random() < heavy_share
        else (rng.choice(light), rng.randint(90, 1514))
        for _ in range(PATTERN)
    ]


def arrivals(heavy_share: float) -> list[tuple[int, int]]:
    """Return hash and length of the packets of ``traffic``."""
    rng = random.Random(2)
    hashes = [rng.getrandbits(32) for _ in range(HEAVY_FLOWS + LIGHT_FLOWS)]
    return [(hashes[flow], len_bytes) for flow, len_bytes in traffic(heavy_share)]


def laps(packets: int) -> int:
    """Return how often the traffic repeats, to be at least so many packets."""
    return -(-packets // PATTERN)


def run(pattern: list[tuple[int, int]], packets: int, hz: int) -> "Hhf":
    """Send at least ``packets`` packets through a new qdisc, and return it."""
    from hhf_testbed.model import Hhf, Packet

    queue = Hhf(HhfParams(), hz=hz, now_jiffies=0)
    bytes_per_jiffy = BYTES_PER_S // hz
    sent_bytes = 0
    for _ in range(laps(packets)):
        for at in range(0, PATTERN, BURST):
            now_jiffies = sent_bytes // bytes_per_jiffy
            for hash_, len_bytes in pattern[at : at + BURST]:
                queue.enqueue(Packet(hash_, len_bytes), now_jiffies)
                sent_bytes += len_bytes
            while queue.qlen_packets > STANDING:
                queue.dequeue()
    return queue


def timed(pattern: list[tuple[int, int]], packets: int, hz: int) -> dict[str, Any]:
    """Return the nanoseconds per packet, of this process on the processor and of the clock."""
    cpu_ns, wall_ns = time.process_time_ns(), time.monotonic_ns()
    queue = run(pattern, packets, hz)
    cpu_ns, wall_ns = time.process_time_ns() - cpu_ns, time.monotonic_ns() - wall_ns
    sent = laps(packets) * PATTERN
    admitted = queue.xstats().hh_tot_count
    return {"cpu_ns": cpu_ns / sent, "wall_ns": wall_ns / sent, "admitted": admitted}


def measure(packets: int, hz: int) -> dict[str, Any]:
    """Measure the model that is imported here: the compiled one if there is one."""
    compiled.use()
    mixes = {mix: timed(arrivals(share), packets, hz) for mix, share in MIXES.items()}
    return {"compiled": compiled.in_use(), "mixes": mixes}


if __name__ == "__main__":
    try:
        print(json.dumps(measure(int(sys.argv[1]), int(sys.argv[2]))))
    except ImportError as error:
        sys.exit(f"the model cannot be imported: {error}")
