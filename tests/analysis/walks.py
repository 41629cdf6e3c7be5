# SPDX-License-Identifier: GPL-2.0-or-later
"""Passages written as a walk: ``0 +A1 5 -A1`` is packet 1 of flow A, in at 0 ns, out at 5 ns."""

import numpy as np
from handmade import START_NS

from hhf_testbed.analysis.flows import Flow
from hhf_testbed.analysis.passage import NEVER, Passage

CLASS_OF = {"A": 0, "B": 1, "P": 2}


def walk(text, *, len_bytes=1000):
    """Flow A is bulk, B short, P the probe. Returns the passage and the packets' names."""
    names, flows, arrive_ns, leave_ns, events = [], [], [], {}, []
    words = text.split()
    time_ns = 0
    for word in words:
        if word[0] not in "+-":
            time_ns = int(word)
        elif word[0] == "+":
            events.append(len(names))
            names.append(word[1:])
            flows.append(word[1])
            arrive_ns.append(START_NS + time_ns)
        else:
            number = names.index(word[1:])
            leave_ns[number] = START_NS + time_ns
            events.append(~number)
    kinds = sorted(set(flows))
    sizes = len_bytes if isinstance(len_bytes, list) else [len_bytes] * len(names)
    passage = Passage(
        started_ns=START_NS,
        flows=tuple(
            Flow(kind, ("bulk", "short", "probe")[CLASS_OF[kind]], (6, n, 1, n, 1))
            for n, kind in enumerate(kinds)
        ),
        arrive_ns=np.array(arrive_ns),
        leave_ns=np.array([leave_ns.get(n, NEVER) for n in range(len(names))]),
        len_bytes=np.array(sizes),
        flow=np.array([kinds.index(flow) for flow in flows]),
        traffic=np.array([CLASS_OF[flow] for flow in flows]),
        sequence=np.zeros(len(names), np.int64),
        payload_bytes=np.zeros(len(names), np.int64),
        events=np.array(events),
    )
    return passage, names
