# SPDX-License-Identifier: GPL-2.0-or-later
"""The qdiscs that can be put at the bottleneck, and every option of theirs that can be set.

One row per option: its name with the unit, the word ``tc`` has for it, the keyword pyroute2 has
for it, where the kernel reports it, its range, and how the kernel rounds it. An option that is
not in the table cannot be set; it keeps the kernel's default and is not compared.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from hhf_testbed.tc import rounding
from hhf_testbed.units import U32_MAX

INT_MAX: Final = 2**31 - 1
FRAME_BYTES: Final = 1514
"""An Ethernet frame with an MTU of 1500, as a qdisc counts it: no FCS (hhf-facts, 7.6)."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option of one qdisc.

    Attributes:
        name: our name, with the unit.
        word: the word in a ``tc`` command.
        keyword: the keyword of pyroute2's plug-in.
        reported: the netlink attribute, or the field of the options struct, in a dump.
        lowest, highest: the range allowed here, both inclusive.
        rounded: what the kernel reports for a value sent.
        flag: True if ``tc`` says it as a bare word or ``no`` and the word, with no value.
    """

    name: str
    word: str
    keyword: str
    reported: str
    lowest: int = 0
    highest: int = U32_MAX
    rounded: rounding.Rounding = rounding.exact
    flag: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """One qdisc: its options, and those that are always sent because 0 would be sent instead."""

    name: str
    options: tuple[Option, ...] = ()
    always: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    def option(self, name: str) -> Option | None:
        """The option with this name, ours or that of ``tc``."""
        return next((o for o in self.options if name in (o.name, o.word)), None)


def _hhf(name: str, word: str, attribute: str, rounded: rounding.Rounding) -> Option:
    return Option(name, word, f"hhf_{word}", f"TCA_HHF_{attribute}", rounded=rounded)


_HHF: Final = Kind(
    "hhf",
    (
        _hhf("limit_packets", "limit", "BACKLOG_LIMIT", rounding.exact),
        _hhf("quantum_bytes", "quantum", "QUANTUM", rounding.exact),
        _hhf("hh_limit", "hh_limit", "HH_FLOWS_LIMIT", rounding.exact),
        _hhf("reset_timeout_us", "reset_timeout", "RESET_TIMEOUT", rounding.jiffies),
        _hhf("admit_bytes", "admit_bytes", "ADMIT_BYTES", rounding.exact),
        _hhf("evict_timeout_us", "evict_timeout", "EVICT_TIMEOUT", rounding.jiffies),
        _hhf("non_hh_weight", "non_hh_weight", "NON_HH_WEIGHT", rounding.exact),
    ),
)

# codel_change and fq_codel_change: limit of at least 1 packet; a u32 of us each for the times.
_CODEL: Final = Kind(
    "codel",
    (
        Option("limit_packets", "limit", "cdl_limit", "TCA_CODEL_LIMIT", 1, INT_MAX),
        Option("target_us", "target", "cdl_target", "TCA_CODEL_TARGET", 1, rounded=rounding.codel),
        Option(
            "interval_us",
            "interval",
            "cdl_interval",
            "TCA_CODEL_INTERVAL",
            1,
            rounded=rounding.codel,
        ),
        Option("ecn", "ecn", "cdl_ecn", "TCA_CODEL_ECN", 0, 1, flag=True),
    ),
)

_FQ_CODEL: Final = Kind(
    "fq_codel",
    (
        Option("limit_packets", "limit", "fqc_limit", "TCA_FQ_CODEL_LIMIT", 1, INT_MAX),
        Option("flows", "flows", "fqc_flows", "TCA_FQ_CODEL_FLOWS", 1, 65536),
        Option("quantum_bytes", "quantum", "fqc_quantum", "TCA_FQ_CODEL_QUANTUM", 256, 1 << 20),
        Option(
            "target_us", "target", "fqc_target", "TCA_FQ_CODEL_TARGET", 1, rounded=rounding.codel
        ),
        Option(
            "interval_us",
            "interval",
            "fqc_interval",
            "TCA_FQ_CODEL_INTERVAL",
            1,
            rounded=rounding.codel,
        ),
        Option("ecn", "ecn", "fqc_ecn", "TCA_FQ_CODEL_ECN", 0, 1, flag=True),
    ),
)

# Our own plug-ins (peers.py): the keyword is the word of tc.
_FQ: Final = Kind(
    "fq",
    (
        Option("limit_packets", "limit", "limit", "TCA_FQ_PLIMIT", 1),
        Option("flow_limit_packets", "flow_limit", "flow_limit", "TCA_FQ_FLOW_PLIMIT", 1),
        Option("quantum_bytes", "quantum", "quantum", "TCA_FQ_QUANTUM", 1, 1 << 20),
        Option(
            "initial_quantum_bytes",
            "initial_quantum",
            "initial_quantum",
            "TCA_FQ_INITIAL_QUANTUM",
            1,
            INT_MAX,
        ),
    ),
)

_PIE: Final = Kind(
    "pie",
    (
        Option("limit_packets", "limit", "limit", "TCA_PIE_LIMIT", 1),
        Option("target_us", "target", "target", "TCA_PIE_TARGET", 1, rounded=rounding.psched),
        Option("tupdate_us", "tupdate", "tupdate", "TCA_PIE_TUPDATE", 1, rounded=rounding.jiffies),
        Option("ecn", "ecn", "ecn", "TCA_PIE_ECN", 0, 1, flag=True),
    ),
)

_FQ_PIE: Final = Kind(
    "fq_pie",
    (
        Option("limit_packets", "limit", "limit", "TCA_FQ_PIE_LIMIT", 1),
        Option("flows", "flows", "flows", "TCA_FQ_PIE_FLOWS", 1, 65536),
        Option("target_us", "target", "target", "TCA_FQ_PIE_TARGET", 1, rounded=rounding.psched),
        Option(
            "tupdate_us", "tupdate", "tupdate", "TCA_FQ_PIE_TUPDATE", 1, rounded=rounding.jiffies
        ),
        Option("quantum_bytes", "quantum", "quantum", "TCA_FQ_PIE_QUANTUM", 256, 1 << 20),
        Option("ecn", "ecn", "ecn", "TCA_FQ_PIE_ECN", 0, 1, flag=True),
    ),
)

# sfq_change: a limit above depth times flows (127 * 128) is cut, and so refused here.
_SFQ: Final = Kind(
    "sfq",
    (
        Option("limit_packets", "limit", "limit", "limit", 1, 127 * 128),
        Option("quantum_bytes", "quantum", "quantum", "quantum", 1, 1 << 18),
        Option("perturb_s", "perturb", "perturb", "perturb_period", 0, 3600),
    ),
)

# pyroute2 sends a struct, so a limit left out would be sent as 0 and nothing would pass. 1000
# packets is what the kernel takes from the queue length of an Ethernet or veth device.
_PFIFO: Final = Kind(
    "pfifo",
    (Option("limit_packets", "limit", "limit", "limit", 0, INT_MAX),),
    MappingProxyType({"limit_packets": 1000}),
)
_BFIFO: Final = Kind(
    "bfifo",
    (Option("limit_bytes", "limit", "limit", "limit", 0, INT_MAX),),
    MappingProxyType({"limit_bytes": 1000 * FRAME_BYTES}),
)

# cake at its defaults: besides shaping (HTB does that here) it has little that fits one integer.
_CAKE: Final = Kind(
    "cake",
    (
        Option("rtt_us", "rtt", "rtt", "TCA_CAKE_RTT", 1, 3_600_000_000),
        Option("memlimit_bytes", "memlimit", "memlimit", "TCA_CAKE_MEMORY", 1),
    ),
)

KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            _HHF,
            _FQ_CODEL,
            _PFIFO,
            _BFIFO,
            Kind("pfifo_fast"),
            _SFQ,
            _FQ,
            _CODEL,
            _CAKE,
            _PIE,
            _FQ_PIE,
        )
    }
)
"""Every qdisc that can be the leaf. Not ``red`` and ``sfb``: they take a whole struct (and a
table) that user space must compute, and pyroute2 has no plug-in for them."""
