# SPDX-License-Identifier: GPL-2.0-or-later
"""The seven parameters of hhf, named as the kernel names them, with the unit in each name."""

from dataclasses import dataclass, fields

from hhf_testbed.errors import RequestError

U32_MAX = 2**32 - 1
INT_MAX = 2**31 - 1


@dataclass(frozen=True, slots=True)
class HhfParams:
    """Parameters of ``struct hhf_sched_data`` (net/sched/sch_hhf.c, Linux 6.12).

    The defaults are those of ``hhf_init``; ``quantum_bytes`` there is ``psched_mtu(dev)``, which
    is 1514 for an Ethernet device with an MTU of 1500.

    Raises:
        RequestError: a value is not a whole number of 32 bits, or ``quantum_bytes`` times
            ``non_hh_weight`` is outside 1..2147483647 (the check that ``hhf_change`` makes).
    """

    limit_packets: int = 1000
    quantum_bytes: int = 1514
    hh_limit: int = 2048
    reset_timeout_us: int = 40_000
    admit_bytes: int = 131_072
    evict_timeout_us: int = 1_000_000
    non_hh_weight: int = 2

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if type(value) is not int or not 0 <= value <= U32_MAX:
                raise RequestError(
                    f"{field.name} is {value!r}; allowed is a whole number from 0 to {U32_MAX}"
                )
        product = self.quantum_bytes * self.non_hh_weight
        if not 1 <= product <= INT_MAX:
            raise RequestError(
                f"quantum_bytes {self.quantum_bytes} times non_hh_weight {self.non_hh_weight} "
                f"is {product}; allowed is 1 to {INT_MAX}"
            )
