# SPDX-License-Identifier: GPL-2.0-or-later
"""Finds for each packet that left the bottleneck the one that had come in."""

from collections import deque
from collections.abc import Sequence

import numpy as np

from hhf_testbed.errors import LabFailure
from hhf_testbed.measure.captures import Bools, Ints


def match(leaving: Bools, identity: Sequence[bytes]) -> Ints:
    """Pair departures with arrivals; copies of one packet are paired first in, first out.

    Args:
        leaving: per record, whether it is a departure.
        identity: per record, what tells packets apart.

    Returns:
        Per record: of an arrival the number of its departure's record, -1 if it was not seen to
        leave; of a departure the number of its arrival's record.

    Raises:
        LabFailure: something left that had not come in.
    """
    partner = np.full(len(identity), -1, np.int64)
    inside: dict[bytes, deque[int]] = {}
    for record, (leaves, key) in enumerate(zip(leaving.tolist(), identity, strict=True)):
        if not leaves:
            inside.setdefault(key, deque()).append(record)
            continue
        waiting = inside.get(key)
        if waiting is None:
            raise LabFailure(f"record {record} of the capture left without having come in")
        arrival = waiting.popleft()
        partner[arrival], partner[record] = record, arrival
        if not waiting:
            del inside[key]
    return partner
