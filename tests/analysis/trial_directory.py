# SPDX-License-Identifier: GPL-2.0-or-later
"""A trial's directory made by hand: three probes, a bulk flow and a short one, 8 Mbit/s.

At this rate a byte takes 1 us. All times are ns after the start.
"""

import json
from pathlib import Path

from handmade import CAME, LEFT, START_NS, ping, record, tcp, write_capture

MS = 1_000_000
SECOND = 1000 * MS
SCENARIO = {
    "rate_bps": 8_000_000, "rtt_ms": 20.0, "idle_s": 1.0, "load_s": 5.0, "warmup_s": 1.0,
    "bulk_senders": 1, "short_senders": 1, "short_bytes": 1100, "short_per_s": 1.0,
}  # fmt: skip
HHF = {
    "limit_packets": 1000, "quantum_bytes": 1514, "hh_limit": 2048, "reset_timeout_us": 40_000,
    "admit_bytes": 131_072, "evict_timeout_us": 1_000_000, "non_hh_weight": 2,
}  # fmt: skip
BULK = {"source": "10.1.0.6", "target": "10.2.0.6", "port": 5201}
SHORT = {"source": "10.1.0.10", "target": "10.2.0.10", "port": 6001}
PROBE = {"source": "10.1.0.14", "target": "10.2.0.14"}


def bulk(number, source_port=40002, **rest):
    return tcp(**BULK, source_port=source_port, number=number, **rest)


def short(number, source_port=50002, **rest):
    return tcp(**SHORT, source_port=source_port, number=number, **rest)


def passing(came_ns, left_ns, packet):
    """Records of a packet that came and left, to be sorted by time."""
    yield came_ns, CAME, packet
    if left_ns is not None:
        yield left_ns, LEFT, packet


def packets():
    """Yield two probes and the control connections, then a bulk and a short flow, a probe."""
    yield from passing(0, 0, ping(1, **PROBE))
    yield from passing(500 * MS, 500 * MS, ping(2, **PROBE))
    yield from passing(SECOND, SECOND, bulk(1, source_port=40000))
    yield from passing(2 * SECOND, 2 * SECOND, bulk(2, payload=1460))
    yield from passing(2 * SECOND + 1 * MS, 2 * SECOND + 3 * MS, bulk(3, payload=1460))
    yield from passing(2 * SECOND + 2 * MS, 2 * SECOND + 5 * MS, ping(3, **PROBE))
    yield from passing(3 * SECOND, 3 * SECOND, short(1, source_port=50000, sequence=7))
    yield from passing(3 * SECOND + 20 * MS, 3 * SECOND + 21 * MS, short(2, sequence=2**32 - 101))
    yield from passing(
        3 * SECOND + 40 * MS, 3 * SECOND + 41 * MS, short(3, sequence=2**32 - 100, payload=1000)
    )
    yield from passing(
        3 * SECOND + 41 * MS, 3 * SECOND + 42 * MS, short(4, sequence=900, payload=137)
    )
    yield from passing(3 * SECOND + 60 * MS, 3 * SECOND + 60 * MS, short(5, sequence=1037))


def sample(time_ns, **counts):
    leaf = {
        "time_ns": START_NS + time_ns, "kind": "hhf", "handle": "10:", "parent": "1:1",
        "bytes": 0, "packets": 0, "drops": 0, "qlen_packets": 0,
        "xstats": {"drop_overlimit": 0, "hh_overlimit": 0, "hh_tot_count": 0, "hh_cur_count": 0},
    }  # fmt: skip
    return [{**leaf, "kind": "htb", "parent": "root"}, leaf | counts]


def client(where):
    return {"start": {"connecting_to": {"host": where["target"], "port": where["port"]}}, "end": {}}


def write_trial(path: Path, *, kind="hhf", found=None, samples=None) -> Path:
    """Write a trial; ``found`` are the packets that its capture holds."""
    (path / "flows").mkdir(parents=True)
    options = HHF if kind == "hhf" else {"limit_packets": 1000}
    bottleneck = {"rate_bps": 8_000_000, "quantum_bytes": 1514, "leaf_options": options}
    environment = {
        "started_ns": START_NS, "realtime_minus_monotonic_ns": START_NS - SECOND, "hz": 250,
        "bottleneck": bottleneck,
    }  # fmt: skip
    trial = {"scenario": SCENARIO, "qdisc": {"kind": kind, "options": {}}, "seed": 1}
    (path / "environment.json").write_text(json.dumps(environment))
    (path / "trial.json").write_text(json.dumps(trial))
    samples = samples or [sample(2 * SECOND + 2 * MS), sample(6 * SECOND, packets=11, bytes=4783)]
    (path / "samples.jsonl").write_text("".join(json.dumps(s) + "\n" for s in samples))
    (path / "ping.txt").write_text(
        "".join(
            f"[1700000000.{n:06}] 64 bytes from 10.2.0.14: icmp_seq={n} ttl=62 time={rtt} ms\n"
            for n, rtt in ((1, "20.0"), (2, "20.0"), (3, "23.1"))
        )
        + "\n3 packets transmitted, 3 received, 0% packet loss, time 2000ms\n"
    )
    for name, where in (("bulk-001", BULK), ("short-0000", SHORT)):
        (path / "flows" / f"{name}.client.json").write_text(json.dumps(client(where)))
        (path / "flows" / f"{name}.server.json").write_text("{}")
    events = sorted(found if found is not None else packets(), key=lambda event: event[0])
    write_capture(path / "capture.pcap", [record(*event) for event in events])
    (path / "tcpdump.log").write_text(
        f"{len(events)} packets captured\n{len(events)} packets received by filter\n"
    )
    return path
