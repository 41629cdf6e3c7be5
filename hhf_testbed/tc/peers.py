# SPDX-License-Identifier: GPL-2.0-or-later
# ruff: noqa: N801 - the class names are those pyroute2 looks for
# mypy: disable-error-code="misc"
"""pyroute2 plug-ins for the qdiscs hhf is compared with and pyroute2 0.9.7 lacks.

``bfifo`` is ``pfifo`` with its limit in bytes. ``fq``, ``pie`` and ``fq_pie`` have nests of u32;
their keywords are the words of ``tc``, limited to those in ``kinds.py``. Attribute numbers and
structs: include/uapi/linux/pkt_sched.h, Linux 6.12.
"""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, Final

from pyroute2.netlink import NLA_F_NESTED, nla
from pyroute2.netlink.rtnl import TC_H_ROOT
from pyroute2.netlink.rtnl.tcmsg import common, sched_pfifo


def _plugin(options: type, stats: type, words: Mapping[str, str]) -> SimpleNamespace:
    """A namespace with what a plug-in module would have; only plain functions are called."""

    def get_parameters(kwarg: Mapping[str, Any]) -> dict[str, Any]:
        return {"attrs": [[a, int(kwarg[w])] for w, a in words.items() if kwarg.get(w) is not None]}

    class stats2(common.stats2):
        class stats_app(stats):
            pass

    return SimpleNamespace(
        parent=TC_H_ROOT,
        get_parameters=get_parameters,
        options=options,
        stats=stats,
        stats2=stats2,
    )


class _fq_options(nla):
    nla_map = (
        ("TCA_FQ_UNSPEC", "none"),
        ("TCA_FQ_PLIMIT", "uint32"),
        ("TCA_FQ_FLOW_PLIMIT", "uint32"),
        ("TCA_FQ_QUANTUM", "uint32"),
        ("TCA_FQ_INITIAL_QUANTUM", "uint32"),
        ("TCA_FQ_RATE_ENABLE", "uint32"),
        ("TCA_FQ_FLOW_DEFAULT_RATE", "uint32"),
        ("TCA_FQ_FLOW_MAX_RATE", "uint32"),
        ("TCA_FQ_BUCKETS_LOG", "uint32"),
        ("TCA_FQ_FLOW_REFILL_DELAY", "uint32"),
        ("TCA_FQ_ORPHAN_MASK", "uint32"),
        ("TCA_FQ_LOW_RATE_THRESHOLD", "uint32"),
        ("TCA_FQ_CE_THRESHOLD", "uint32"),
    )


# The struct grew with every few kernels; the part below is in all since 4.20.
class _fq_stats(nla):
    fields = (
        ("gc_flows", "Q"),
        ("highprio_packets", "Q"),
        ("tcp_retrans", "Q"),
        ("throttled", "Q"),
        ("flows_plimit", "Q"),
        ("pkts_too_long", "Q"),
        ("allocation_errors", "Q"),
        ("time_next_delayed_flow", "q"),
        ("flows", "I"),
        ("inactive_flows", "I"),
        ("throttled_flows", "I"),
        ("unthrottle_latency_ns", "I"),
    )


_PIE_NAMES: Final = ("TARGET", "LIMIT", "TUPDATE", "ALPHA", "BETA", "ECN", "BYTEMODE")
_FQ_PIE_NAMES: Final = ("LIMIT", "FLOWS", "TARGET", "TUPDATE", "ALPHA", "BETA", "QUANTUM")
_FQ_PIE_MORE: Final = ("MEMORY_LIMIT", "ECN_PROB", "ECN", "BYTEMODE", "DQ_RATE_ESTIMATOR")


class _pie_options(nla):
    nla_map = (
        ("TCA_PIE_UNSPEC", "none"),
        *((f"TCA_PIE_{name}", "uint32") for name in (*_PIE_NAMES, "DQ_RATE_ESTIMATOR")),
    )


class _pie_stats(nla):
    fields = (
        ("prob", "Q"),
        ("delay", "I"),
        ("avg_dq_rate", "I"),
        ("dq_rate_estimating", "I"),
        ("packets_in", "I"),
        ("dropped", "I"),
        ("overlimit", "I"),
        ("maxq", "I"),
        ("ecn_mark", "I"),
    )


class _fq_pie_options(nla):
    # The youngest of them (5.6): nla_parse_nested() refuses a nest without the flag.
    nla_flags = NLA_F_NESTED
    nla_map = (
        ("TCA_FQ_PIE_UNSPEC", "none"),
        *((f"TCA_FQ_PIE_{name}", "uint32") for name in (*_FQ_PIE_NAMES, *_FQ_PIE_MORE)),
    )


class _fq_pie_stats(nla):
    fields = (
        ("packets_in", "I"),
        ("dropped", "I"),
        ("overlimit", "I"),
        ("overmemory", "I"),
        ("ecn_mark", "I"),
        ("new_flow_count", "I"),
        ("new_flows_len", "I"),
        ("old_flows_len", "I"),
        ("memory_usage", "I"),
    )


def _words(kind: str, *names: str) -> dict[str, str]:
    return {name: f"TCA_{kind}_{name.upper()}" for name in names}


_FQ_WORDS: Final = {
    "limit": "TCA_FQ_PLIMIT",
    "flow_limit": "TCA_FQ_FLOW_PLIMIT",
    **_words("FQ", "quantum", "initial_quantum"),
}

PEERS: Final = {
    "bfifo": sched_pfifo,
    "fq": _plugin(_fq_options, _fq_stats, _FQ_WORDS),
    "pie": _plugin(_pie_options, _pie_stats, _words("PIE", "limit", "target", "tupdate", "ecn")),
    "fq_pie": _plugin(
        _fq_pie_options,
        _fq_pie_stats,
        _words("FQ_PIE", "limit", "flows", "target", "tupdate", "quantum", "ecn"),
    ),
}
