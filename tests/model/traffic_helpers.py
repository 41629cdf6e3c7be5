# SPDX-License-Identifier: GPL-2.0-or-later
"""Small things that several tests of the model need."""

from dataclasses import replace

from hhf_testbed.model import Hhf, Packet
from hhf_testbed.model.features import CURRENT, Features
from hhf_testbed.params import HhfParams

FLOW = 0x1234_5678
OTHER = 0x8765_4321


def make(features: Features = CURRENT, /, *, hz: int = 250, now: int = 0, **params: int) -> Hhf:
    """Return a qdisc that differs from the defaults in ``params`` only."""
    return Hhf(HhfParams(**params), hz=hz, now_jiffies=now, features=features)


def without(*names: str) -> Features:
    """Return the newest kernel but for these features."""
    return replace(CURRENT, **dict.fromkeys(names, False))


def packet(hash_: int = FLOW, len_bytes: int = 1000, key: object = None) -> Packet:
    """Return a packet."""
    return Packet(hash_, len_bytes, key)


def make_heavy(queue: Hhf, hash_: int = FLOW) -> None:
    """Make the flow a heavy hitter by its next packet, and leave the queue as it was."""
    admit_bytes = queue.dump()["admit_bytes"]
    queue.change(admit_bytes=0)
    assert queue.enqueue(packet(hash_, 1), queue.now_jiffies).admitted
    queue.dequeue()
    queue.change(admit_bytes=admit_bytes)


def drain(queue: Hhf) -> list[object]:
    """Dequeue all packets and return their keys."""
    keys = []
    while (gone := queue.dequeue()) is not None:
        keys.append(gone.key)
    return keys
