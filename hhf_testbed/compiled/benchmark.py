# SPDX-License-Identifier: GPL-2.0-or-later
"""How many packets per second the model takes through classify, enqueue and dequeue, on one core.

``python -m hhf_testbed.compiled.benchmark PACKETS ROUNDS`` measures the model that it finds and
prints JSON; ``hhf model bench`` runs it for both. Making the packets and the loop around, which are
plain Python in any case, are part of what is measured.

Two mixes of flows, at 10 Gbit/s and HZ 1000; packets come in bursts of 64 and leave in bursts, with
a queue that stands at 500 to 564 packets of its limit of 1000:

- bulk: ten heavy flows of 1514-byte packets, 60 % of all packets, and 5000 light flows of 90 to
  1514 bytes. Most packets find their flow in table T.
- light: 5000 light flows of 90 to 1514 bytes. All packets pass through filter F.

The time is this process's own on the processor, so other work on the machine costs little but
cache. The best of the rounds counts.
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
BURST: Final = 64
STANDING: Final = 500
MIXES: Final = {"bulk": 0.6, "light": 0.0}
BYTES_PER_JIFFY: Final = 10_000_000_000 // 8 // 1000


def arrivals(heavy_share: float) -> list[tuple[int, int]]:
    """Return hash and length of ``PATTERN`` packets, the same in each run."""
    rng = random.Random(1)
    heavy = [rng.getrandbits(32) for _ in range(10)]
    light = [rng.getrandbits(32) for _ in range(5000)]
    return [
        (rng.choice(heavy), 1514)
        if rng.random() < heavy_share
        else (rng.choice(light), rng.randint(90, 1514))
        for _ in range(PATTERN)
    ]


def run(pattern: list[tuple[int, int]], packets: int) -> "tuple[float, Hhf]":
    """Send about ``packets`` packets through a new qdisc; return packets per second."""
    from hhf_testbed.model import Hhf, Packet

    queue = Hhf(HhfParams(), hz=1000, now_jiffies=0)
    sent_bytes, sent_packets = 0, 0
    begin_s = time.process_time()
    while sent_packets < packets:
        for at in range(0, PATTERN, BURST):
            now_jiffies = sent_bytes // BYTES_PER_JIFFY
            for hash_, len_bytes in pattern[at : at + BURST]:
                queue.enqueue(Packet(hash_, len_bytes), now_jiffies)
                sent_bytes += len_bytes
            while queue.qlen_packets > STANDING:
                queue.dequeue()
        sent_packets += PATTERN
    return sent_packets / (time.process_time() - begin_s), queue


def measure(packets: int, rounds: int) -> dict[str, Any]:
    """Measure the model that is imported here: the compiled one if there is one."""
    compiled.use()
    best = {}
    for mix, heavy_share in MIXES.items():
        pattern = arrivals(heavy_share)
        best[mix] = round(max(run(pattern, packets)[0] for _ in range(rounds)))
    model = "compiled" if compiled.in_use() else "plain"
    return {"model": model, "packets_per_s": best}


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]), int(sys.argv[2]))))
