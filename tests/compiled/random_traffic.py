# SPDX-License-Identifier: GPL-2.0-or-later
"""Random traffic and changes through the model that is found; prints everything that it answers.

Run as a program, once with the directory of a compiled model and once without.
"""

import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from hhf_testbed.compiled.finder import in_use, use_from
from hhf_testbed.errors import LabError

if len(sys.argv) > 1:
    use_from(Path(sys.argv[1]))

from hhf_testbed.model import PROFILES, Hhf, LockupError, Packet
from hhf_testbed.params import HhfParams

CHANGES = {
    "limit_packets": (0, 1, 50, 1000),
    "quantum_bytes": (0, 200, 256, 9000, 2**32 - 1),
    "hh_limit": (0, 3, 2048, 2049),
    "admit_bytes": (0, 2000, 131072, 2**32 - 1),
    "reset_timeout_us": (0, 1, 40_000, 2**32 - 1),
    "evict_timeout_us": (0, 4000, 1_000_000),
    "non_hh_weight": (0, 1, 2, 1000),
}
STEPS = 2000


def step(rng: random.Random, hhf: Hhf, now_jiffies: int) -> object:
    """Do one thing and return the answer."""
    kind = rng.random()
    if kind < 0.55:
        hash_ = rng.choice((rng.getrandbits(32), rng.randrange(8) << 20, rng.randrange(2**33)))
        packet = Packet(hash_, rng.choice((60, 1514, 9000, 65000, 0)))
        return hhf.enqueue(packet, now_jiffies)
    if kind < 0.88:
        return (hhf.dequeue, hhf.peek, hhf.dequeue_peeked, hhf.bucket_lengths)[rng.randrange(4)]()
    if kind < 0.89:
        return hhf.reset(now_jiffies)
    name = rng.choice(list(CHANGES))
    return hhf.change(**{name: rng.choice(CHANGES[name])})


def main() -> None:
    """Print every answer and all state that can be read."""
    print(in_use())
    for seed, (profile, features) in enumerate(PROFILES.items()):
        rng = random.Random(seed)
        now_jiffies = 2**32 - 50
        hhf = Hhf(HhfParams(limit_packets=20), now_jiffies=now_jiffies, features=features)
        for number in range(STEPS):
            now_jiffies = (now_jiffies + rng.choice((0, 0, 0, 1, 5, 300, -1))) % 2**32
            try:
                answer = step(rng, hhf, now_jiffies)
            except LabError as error:
                answer = f"{type(error).__name__}: {error}"
                if isinstance(error, LockupError):
                    hhf = Hhf(
                        HhfParams(limit_packets=20), now_jiffies=now_jiffies, features=features
                    )
            parent = (hhf.parent.qlen_packets, hhf.parent.backlog_bytes, hhf.parent.drops)
            counts = (hhf.qlen_packets, hhf.backlog_bytes, hhf.sent_packets, hhf.sent_bytes)
            print(profile, number, answer, counts, parent, hhf.xstats(), hhf.dump())


if __name__ == "__main__":
    main()
