# SPDX-License-Identifier: GPL-2.0-or-later
"""How many packets per second the model takes through classify, enqueue and dequeue, on one core.

Run it as ``python tests/model/benchmark.py [PACKETS]``. It says whether the model that it found
is compiled (mypyc) or plain Python. Making the packets and the loop around, which are plain Python
in any case, are part of what is measured.

Two mixes of flows, at 10 Gbit/s and HZ 1000; packets come in bursts of 64 and leave in bursts,
with a queue that stands at 500 to 564 packets of its limit of 1000:

- bulk: ten heavy flows of 1514-byte packets, 60 % of all packets, and 5000 light flows of 90 to
  1514 bytes. Most packets find their flow in table T.
- light: 5000 light flows of 90 to 1514 bytes. All packets pass through filter F.

The time is this process's own on the processor, so other work on the machine costs little but
cache. Three rounds each are printed, and the best.
"""

import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from hhf_testbed.model import qdisc
from hhf_testbed.model.packet import Packet
from hhf_testbed.model.qdisc import Hhf
from hhf_testbed.params import HhfParams

PATTERN = 65_536
BURST = 64
STANDING = 500
MIXES = {"bulk": 0.6, "light": 0.0}
BYTES_PER_JIFFY = 10_000_000_000 // 8 // 1000


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


def run(pattern: list[tuple[int, int]], packets: int) -> tuple[float, Hhf]:
    """Send about ``packets`` packets through a new qdisc; return packets per second."""
    queue = Hhf(HhfParams(), hz=1000, now_jiffies=0)
    sent_bytes, sent_packets = 0, 0
    begin = time.process_time()
    while sent_packets < packets:
        for at in range(0, PATTERN, BURST):
            now_jiffies = sent_bytes // BYTES_PER_JIFFY
            for hash_, len_bytes in pattern[at : at + BURST]:
                queue.enqueue(Packet(hash_, len_bytes), now_jiffies)
                sent_bytes += len_bytes
            while queue.qlen_packets > STANDING:
                queue.dequeue()
        sent_packets += PATTERN
    return sent_packets / (time.process_time() - begin), queue


def main() -> None:
    """Run three rounds and print them."""
    packets = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    compiled = not str(qdisc.__file__).endswith(".py")
    print(f"model: {'compiled (mypyc)' if compiled else 'plain Python'}, {qdisc.__file__}")
    for mix, heavy_share in MIXES.items():
        rates = []
        for _ in range(3):
            rate, queue = run(arrivals(heavy_share), packets)
            rates.append(rate)
            print(f"{mix:6}{rate:12,.0f} packets/s   {queue.xstats()}")
        print(
            f"{mix:6}{max(rates):12,.0f} packets/s at best, {1e9 / max(rates):,.0f} ns per packet"
        )


if __name__ == "__main__":
    main()
