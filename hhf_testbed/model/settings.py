# SPDX-License-Identifier: GPL-2.0-or-later
"""The parameters as the kernel stores them, the checks on them, and how it shows them.

Mirrors ``hhf_init``, ``hhf_policy``, ``hhf_change`` up to the trimming, and ``hhf_dump`` of
net/sched/sch_hhf.c, read in the versions of 2013 and 6.12.117 (the years between: see features).
"""

from collections.abc import Mapping
from typing import Final

from hhf_testbed.errors import RequestError
from hhf_testbed.model.features import Features
from hhf_testbed.model.jiffies import U32_MAX, jiffies_to_usecs, require_hz, usecs_to_jiffies
from hhf_testbed.model.refusal import EINVAL, ERANGE, RefusedError
from hhf_testbed.params import INT_MAX, HhfParams

MAX_HH_LIMIT: Final = 2048  # 2 * HH_FLOWS_CNT
MIN_QUANTUM_BYTES: Final = 256
MAX_INITIAL_QUANTUM_BYTES: Final = 1 << 20
NAMES: Final = (  # in the order of the attributes TCA_HHF_BACKLOG_LIMIT to TCA_HHF_NON_HH_WEIGHT
    "limit_packets",
    "quantum_bytes",
    "hh_limit",
    "reset_timeout_us",
    "admit_bytes",
    "evict_timeout_us",
    "non_hh_weight",
)


class Settings:
    """The parameters in force, as ``struct hhf_sched_data`` holds them: time-outs in ticks."""

    __slots__ = (
        "admit_bytes",
        "evict_timeout_jiffies",
        "features",
        "hh_limit",
        "hz",
        "limit_packets",
        "non_hh_weight",
        "quantum_bytes",
        "reset_timeout_jiffies",
    )

    def __init__(self, params: HhfParams, hz: int, features: Features) -> None:
        self.hz = require_hz(hz)
        self.features = features
        self.limit_packets = params.limit_packets
        self.quantum_bytes = params.quantum_bytes
        self.hh_limit = params.hh_limit
        self.reset_timeout_jiffies = usecs_to_jiffies(params.reset_timeout_us, hz)
        self.admit_bytes = params.admit_bytes
        self.evict_timeout_jiffies = usecs_to_jiffies(params.evict_timeout_us, hz)
        self.non_hh_weight = params.non_hh_weight
        # What may be refused or adjusted goes through the same checks as a change.
        self.change({"quantum_bytes": params.quantum_bytes, "hh_limit": params.hh_limit})
        if not features.hh_limit_capped:
            # hhf_init sets the default after hhf_change there, over what the user gave.
            self.hh_limit = MAX_HH_LIMIT

    def change(self, changes: dict[str, int]) -> None:
        """Check and store the named parameters; the others stay (``hhf_change``).

        Raises:
            RequestError: a name is unknown or a value is not a whole number of 32 bits.
            RefusedError: the kernel would refuse the change. Nothing has changed then, except the
                limit in a kernel without ``checked_before_lock``.
        """
        _check_request(changes)
        self._check_policy(changes)
        if not self.features.checked_before_lock:
            self.limit_packets = changes.get("limit_packets", self.limit_packets)
        quantum_bytes = self._agreed_quantum_bytes(changes)
        weight = changes.get("non_hh_weight", self.non_hh_weight)
        check_share(quantum_bytes, weight, self.features)
        self.quantum_bytes = quantum_bytes
        self.non_hh_weight = weight
        self._store(changes)

    def _check_policy(self, changes: dict[str, int]) -> None:
        """Check what netlink checks before ``hhf_change`` sees the request (``hhf_policy``)."""
        hh_limit = changes.get("hh_limit", 0)
        if self.features.hh_limit_capped and hh_limit > MAX_HH_LIMIT:
            raise RefusedError(ERANGE, f"hh_limit is {hh_limit}; allowed is 0 to {MAX_HH_LIMIT}")

    def _agreed_quantum_bytes(self, changes: dict[str, int]) -> int:
        """Return the quantum asked for, lifted to the floor if this kernel has one."""
        quantum_bytes = changes.get("quantum_bytes", self.quantum_bytes)
        if self.features.quantum_floor and "quantum_bytes" in changes:
            return max(MIN_QUANTUM_BYTES, quantum_bytes)
        return quantum_bytes

    def _store(self, changes: dict[str, int]) -> None:
        self.limit_packets = changes.get("limit_packets", self.limit_packets)
        self.hh_limit = changes.get("hh_limit", self.hh_limit)
        self.admit_bytes = changes.get("admit_bytes", self.admit_bytes)
        if "reset_timeout_us" in changes:
            self.reset_timeout_jiffies = usecs_to_jiffies(changes["reset_timeout_us"], self.hz)
        if "evict_timeout_us" in changes:
            self.evict_timeout_jiffies = usecs_to_jiffies(changes["evict_timeout_us"], self.hz)

    def dump(self) -> dict[str, int]:
        """Return the parameters as the kernel shows them: time-outs are whole ticks."""
        return {
            "limit_packets": self.limit_packets,
            "quantum_bytes": self.quantum_bytes,
            "hh_limit": self.hh_limit,
            "reset_timeout_us": jiffies_to_usecs(self.reset_timeout_jiffies, self.hz),
            "admit_bytes": self.admit_bytes,
            "evict_timeout_us": jiffies_to_usecs(self.evict_timeout_jiffies, self.hz),
            "non_hh_weight": self.non_hh_weight,
        }


def initial_params(mtu_bytes: int, hard_header_bytes: int, features: Features) -> HhfParams:
    """Return the parameters of ``tc qdisc add ... hhf`` without options (``hhf_init``).

    The quantum is ``psched_mtu``: the device's MTU and its link header, 14 bytes on Ethernet.

    Raises:
        RefusedError: the quantum is so big that ``hhf_change`` refuses it (EINVAL).
    """
    quantum_bytes = (mtu_bytes + hard_header_bytes) & U32_MAX
    if features.initial_quantum_clamped:
        quantum_bytes = max(MIN_QUANTUM_BYTES, min(quantum_bytes, MAX_INITIAL_QUANTUM_BYTES))
    check_share(quantum_bytes, HhfParams().non_hh_weight, features)
    return HhfParams(quantum_bytes=quantum_bytes)


def check_share(quantum_bytes: int, weight: int, features: Features) -> None:
    """Check what a turn of the non-heavy bucket is worth: a deficit is a signed 32-bit number."""
    product_bytes = quantum_bytes * weight
    smallest_bytes = 1 if features.zero_quantum_refused else 0
    if not smallest_bytes <= product_bytes <= INT_MAX:
        raise RefusedError(
            EINVAL,
            f"quantum_bytes {quantum_bytes} times non_hh_weight {weight} is {product_bytes}; "
            f"allowed is {smallest_bytes} to {INT_MAX}",
        )


def _check_request(changes: Mapping[str, object]) -> None:
    """Check what no request to the kernel could even say."""
    for name, value in changes.items():
        if name not in NAMES:
            raise RequestError(f"hhf has no parameter {name!r}; it has {', '.join(NAMES)}")
        if type(value) is not int or not 0 <= value <= U32_MAX:
            raise RequestError(f"{name} is {value!r}; allowed is a whole number, 0 to {U32_MAX}")
