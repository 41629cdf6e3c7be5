# SPDX-License-Identifier: GPL-2.0-or-later
import benchmark
import pytest


@pytest.mark.parametrize(("heavy_share", "heavy_flows"), [(0.6, 10), (0.0, 0)])
def test_the_benchmark_captures_its_heavy_flows_and_drops_nothing(
    heavy_share: float, heavy_flows: int
) -> None:
    rate, queue = benchmark.run(benchmark.arrivals(heavy_share), packets=1)
    assert rate > 0
    assert queue.xstats().hh_tot_count == queue.xstats().hh_cur_count == heavy_flows
    assert queue.sent_packets + queue.qlen_packets == benchmark.PATTERN
    assert queue.drops == 0
