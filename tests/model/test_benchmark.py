# SPDX-License-Identifier: GPL-2.0-or-later
import benchmark
import pytest


@pytest.mark.parametrize(("heavy_share", "heavy_flows"), [(0.6, 10), (0.0, 0)])
def test_the_benchmark_captures_its_heavy_flows_and_drops_nothing(
    heavy_share: float, heavy_flows: int
) -> None:
    queue = benchmark.run(benchmark.arrivals(heavy_share), packets=1, hz=250)
    assert queue.xstats().hh_tot_count == queue.xstats().hh_cur_count == heavy_flows
    assert queue.sent_packets + queue.qlen_packets == benchmark.PATTERN
    assert queue.drops == 0


def test_model_and_kernel_get_the_same_flows_and_lengths() -> None:
    flows, hashes = benchmark.traffic(0.6), benchmark.arrivals(0.6)
    assert [length for _, length in flows] == [length for _, length in hashes]
    pairs = {(flow, hash_) for (flow, _), (hash_, _) in zip(flows, hashes, strict=True)}
    assert len(pairs) == len(dict(pairs)) == len({hash_ for _, hash_ in pairs})


def test_each_mix_takes_time_by_both_clocks() -> None:
    measured = benchmark.measure(packets=1, hz=1000)
    assert set(measured["mixes"]) == {"bulk", "light"}
    assert all(mix["cpu_ns"] > 0 and mix["wall_ns"] > 0 for mix in measured["mixes"].values())
