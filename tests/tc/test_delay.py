# SPDX-License-Identifier: GPL-2.0-or-later
"""netem as read back: the delay and limit that were asked for, or a sentence."""

import pytest

from hhf_testbed.errors import LabFailure
from hhf_testbed.tc.delay import LIMIT_PACKETS, _compare


def netem(delay_s: float, limit: int = LIMIT_PACKETS) -> dict[str, object]:
    return {"kind": "netem", "options": {"limit": limit, "delay": {"delay": delay_s}}}


@pytest.mark.parametrize("delay_s", [0.01, 0.010001, 0.009999])
def test_the_kernels_rounding_to_a_microsecond_is_accepted(delay_s: float) -> None:
    _compare("x-eth0", 10_000, netem(delay_s))


@pytest.mark.parametrize(
    ("got", "said"),
    [
        (netem(0.010002), "x-eth0: asked 10000 us, limit 1000000; got 10002 us, limit 1000000$"),
        (netem(0.01, 1000), "asked 10000 us, limit 1000000; got 10000 us, limit 1000$"),
        ({"kind": "noqueue"}, "x-eth0: asked for netem, got noqueue$"),
        ({**netem(0.01), "kind": "fq"}, "x-eth0: asked for netem, got fq$"),
    ],
)
def test_another_delay_limit_or_qdisc_is_named(got: dict[str, object], said: str) -> None:
    with pytest.raises(LabFailure, match=said):
        _compare("x-eth0", 10_000, got)
