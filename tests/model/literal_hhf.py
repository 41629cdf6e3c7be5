# SPDX-License-Identifier: GPL-2.0-or-later
"""A second opinion: HHF written down a second time, as close to the C control flow as Python lets.

Structure differs from the model on purpose: plain dictionaries and lists in one object, one valid
bit per counter in a set, no classes, nothing shared with hhf_testbed.model. It is slow and knows
two kernels: Linux 6.12.117 and, with ``seed=True``, the version of 2013. Packets are tuples of
hash, length and name. It records what the parent is told in the list ``told``.
"""

from types import SimpleNamespace
from typing import Any

HH, NON_HH = 0, 1
Skb = tuple[int, int, object]


def u32(value: int) -> int:
    return value % 2**32


def s32(value: int) -> int:
    value = u32(value)
    return value - 2**32 if value >= 2**31 else value


def hhf_time_before(a: int, b: int) -> bool:
    return s32(a - b) < 0


def new(now: int, options: dict[str, int], hz: int, seed: bool) -> Any:
    q = SimpleNamespace(jiffies=now, hz=hz, seed=seed, told=[], gso_skb=[])
    q.limit, q.quantum, q.hh_flows_limit = 1000, 1514, 2048
    q.reset_timeout, q.admit_bytes, q.evict_timeout, q.weight = hz // 25, 131072, hz, 2
    q.qlen = q.backlog = q.drops = q.drop_overlimit = q.bytes = q.packets = 0
    q.overlimit = q.total_cnt = q.current_cnt = 0
    q.hh_flows = {slot: [] for slot in range(1024)}
    q.arrays = [dict.fromkeys(range(1024), 0) for _ in range(4)]
    q.valid_bits = [set() for _ in range(4)]
    q.reset_timestamp = now
    q.new_buckets, q.old_buckets = [], []
    q.skbs, q.deficit = {HH: [], NON_HH: []}, {HH: 0, NON_HH: 0}
    change(q, options)
    if seed:
        q.hh_flows_limit = 2048
    return q


def seek_list(hash_: int, head: list[dict[str, int]], q: Any) -> dict[str, int] | None:
    for flow in list(head):
        prev = u32(flow["hit_timestamp"] + q.evict_timeout)
        if hhf_time_before(prev, q.jiffies):
            if flow is head[-1]:
                return None
            head.remove(flow)
            q.current_cnt -= 1
        elif flow["hash_id"] == hash_:
            return flow
    return None


def alloc_new_hh(head: list[dict[str, int]], q: Any) -> dict[str, int] | None:
    for flow in head:
        if hhf_time_before(u32(flow["hit_timestamp"] + q.evict_timeout), q.jiffies):
            return flow
    if q.current_cnt >= q.hh_flows_limit:
        q.overlimit += 1
        return None
    q.current_cnt += 1
    head.append({"serial": q.total_cnt})
    return head[-1]


def classify(skb: Skb, q: Any) -> int:
    hash_, pkt_len, _ = skb
    if hhf_time_before(u32(q.reset_timestamp + q.reset_timeout), q.jiffies):
        q.valid_bits = [set() for _ in range(4)]
        q.reset_timestamp = q.jiffies
    head = q.hh_flows[hash_ % 1024]
    flow = seek_list(hash_, head, q)
    if flow:
        flow["hit_timestamp"] = q.jiffies
        return HH
    tmp_hash, xorsum, filter_pos = hash_, 0, [0, 0, 0, 0]
    for i in range(3):
        filter_pos[i] = tmp_hash % 1024
        xorsum ^= filter_pos[i]
        tmp_hash //= 1024
    filter_pos[3] = xorsum ^ tmp_hash
    values = []
    for i in range(4):
        if filter_pos[i] not in q.valid_bits[i]:
            q.arrays[i][filter_pos[i]] = 0
            q.valid_bits[i].add(filter_pos[i])
        values.append(u32(q.arrays[i][filter_pos[i]] + pkt_len))
    if min(values) > q.admit_bytes:
        flow = alloc_new_hh(head, q)
        if flow is None:
            return NON_HH
        flow["hash_id"], flow["hit_timestamp"] = hash_, q.jiffies
        q.total_cnt += 1
        return HH
    for i in range(4):
        q.arrays[i][filter_pos[i]] = max(q.arrays[i][filter_pos[i]], min(values))
    return NON_HH


def drop(q: Any) -> tuple[int, Skb]:
    bucket = HH if q.skbs[HH] else NON_HH
    skb = q.skbs[bucket].pop(0)
    q.qlen -= 1
    q.backlog -= skb[1]
    q.drops += 1
    return bucket, skb


def enqueue(q: Any, skb: Skb, now: int) -> tuple[str, Skb | None, int]:
    q.jiffies = now
    idx = classify(skb, q)
    q.skbs[idx].append(skb)
    q.backlog += skb[1]
    if idx not in q.new_buckets and idx not in q.old_buckets:
        if idx == HH:
            weight = 1
            q.old_buckets.append(idx)
        else:
            weight = q.weight
            q.new_buckets.append(idx)
        q.deficit[idx] = s32(weight * q.quantum)
    q.qlen += 1
    if q.qlen < q.limit or (q.qlen == q.limit and not q.seed):
        return "SUCCESS", None, idx
    prev_backlog = q.backlog
    q.drop_overlimit += 1
    bucket, dropped = drop(q)
    if bucket == idx:
        return "CN", dropped, idx
    q.told.append((1, 0 if q.seed else prev_backlog - q.backlog))
    return "SUCCESS", dropped, idx


def dequeue(q: Any) -> Skb | None:
    while True:
        head = q.new_buckets
        if not head:
            head = q.old_buckets
            if not head:
                return None
        bucket = head[0]
        if q.deficit[bucket] <= 0:
            weight = 1 if bucket == HH else q.weight
            q.deficit[bucket] = s32(q.deficit[bucket] + weight * q.quantum)
            head.remove(bucket)
            q.old_buckets.append(bucket)
            continue
        if not q.skbs[bucket]:
            head.remove(bucket)
            if head is q.new_buckets and q.old_buckets:
                q.old_buckets.append(bucket)
            continue
        skb: Skb = q.skbs[bucket].pop(0)
        q.qlen -= 1
        q.backlog -= skb[1]
        q.bytes += skb[1]
        q.packets += 1
        q.deficit[bucket] = s32(q.deficit[bucket] - skb[1])
        return skb


def peek(q: Any) -> Skb | None:
    if not q.gso_skb:
        skb = dequeue(q)
        if skb is None:
            return None
        q.gso_skb.append(skb)
        q.qlen += 1
        if not q.seed:
            q.backlog += skb[1]
    return q.gso_skb[0]  # type: ignore[no-any-return]


def dequeue_peeked(q: Any) -> Skb | None:
    if not q.gso_skb:
        return dequeue(q)
    skb: Skb = q.gso_skb.pop()
    q.qlen -= 1
    if not q.seed:
        q.backlog -= skb[1]
    return skb


def change(q: Any, options: dict[str, int]) -> list[Skb] | str:
    """Returns the packets trimmed, or an errno's name, or "LOCKUP"."""
    if not q.seed and options.get("hh_limit", 0) > 2048:
        return "ERANGE"
    new_quantum, new_weight = q.quantum, q.weight
    if "quantum_bytes" in options:
        new_quantum = options["quantum_bytes"] if q.seed else max(256, options["quantum_bytes"])
    new_weight = options.get("non_hh_weight", q.weight)
    if new_quantum * new_weight > 2**31 - 1 or (not q.seed and new_quantum * new_weight == 0):
        return "EINVAL"
    q.limit = options.get("limit_packets", q.limit)
    q.quantum, q.weight = new_quantum, new_weight
    q.hh_flows_limit = options.get("hh_limit", q.hh_flows_limit)
    q.admit_bytes = options.get("admit_bytes", q.admit_bytes)
    if "reset_timeout_us" in options:
        q.reset_timeout = -(-options["reset_timeout_us"] * q.hz // 1_000_000)
    if "evict_timeout_us" in options:
        q.evict_timeout = -(-options["evict_timeout_us"] * q.hz // 1_000_000)
    return trim(q)


def trim(q: Any) -> list[Skb] | str:
    trimmed: list[Skb] = []
    prev_qlen, prev_backlog = q.qlen, q.backlog
    while q.qlen > q.limit:
        skb = dequeue(q) if q.seed else dequeue_peeked(q)
        if skb is None:
            return "LOCKUP"
        trimmed.append(skb)
    q.told.append((prev_qlen - q.qlen, 0 if q.seed else prev_backlog - q.backlog))
    return trimmed


def reset(q: Any, now: int) -> list[Skb]:
    q.jiffies = now
    gone = list(q.gso_skb)
    while (skb := dequeue(q)) is not None:
        gone.append(skb)
    if not q.seed:
        q.hh_flows = {slot: [] for slot in range(1024)}
        q.current_cnt = 0
        q.valid_bits = [set() for _ in range(4)]
        q.reset_timestamp = now
    q.gso_skb.clear()
    q.qlen = q.backlog = 0
    return gone
