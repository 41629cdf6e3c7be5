# SPDX-License-Identifier: GPL-2.0-or-later
# Kept in pyroute2's own style (quotes, lower-case classes, no types), to be offered there as it is.
# ruff: noqa: D101, D103, D106, N801
# mypy: ignore-errors
# fmt: off
'''
hhf
+++

Heavy-Hitter Filter: the qdisc of `net/sched/sch_hhf.c`. It finds the few
flows that send the most and lets all others go before them.

Parameters, all optional, all unsigned 32-bit integers; what is not given
keeps the default of the kernel (or, with `change`, the current value):

    - hhf_limit: queue limit, packets (1000 by default)
    - hhf_quantum: bytes per round of the scheduler (MTU and link layer
        header by default)
    - hhf_hh_limit: heavy hitters known at a time, flows (2048 by default)
    - hhf_reset_timeout: period of the filter's reset, time (40000 us by
        default)
    - hhf_admit_bytes: bytes within one such period that make a flow a heavy
        hitter (131072 by default)
    - hhf_evict_timeout: idle time after which a heavy hitter is forgotten,
        time (1000000 us by default)
    - hhf_non_hh_weight: quanta of the other flows per quantum of the heavy
        hitters (2 by default)

A time is an integer in microseconds, or a string with a unit: '40ms'. The
kernel keeps it in jiffies, rounded up, and reports it so. A value of 0 is
sent as it is: `tc` cannot do that, it takes 0 for "not given".

The prefix `hhf_` keeps the names apart from the generic keywords of
`IPRoute.tc()`, as `cdl_` and `fqc_` do for codel and fq_codel.

Usage::

    with IPRoute() as ipr:
        index = ipr.link_lookup(ifname='eth0')[0]
        ipr.tc('add', 'hhf', index, parent='1:1', handle='10:',
               hhf_limit=1000, hhf_reset_timeout='40ms')
'''

from pyroute2.netlink import nla
from pyroute2.netlink.rtnl import TC_H_ROOT
from pyroute2.netlink.rtnl.tcmsg.common import get_time
from pyroute2.netlink.rtnl.tcmsg.common import stats2 as c_stats2

parent = TC_H_ROOT


def convert_time(value):
    # get_time() returns a float for strings
    return int(get_time(value))


def get_parameters(kwarg):
    ret = {'attrs': []}
    attrs_map = (
        ('hhf_limit', 'TCA_HHF_BACKLOG_LIMIT', int),
        ('hhf_quantum', 'TCA_HHF_QUANTUM', int),
        ('hhf_hh_limit', 'TCA_HHF_HH_FLOWS_LIMIT', int),
        ('hhf_reset_timeout', 'TCA_HHF_RESET_TIMEOUT', convert_time),
        ('hhf_admit_bytes', 'TCA_HHF_ADMIT_BYTES', int),
        ('hhf_evict_timeout', 'TCA_HHF_EVICT_TIMEOUT', convert_time),
        ('hhf_non_hh_weight', 'TCA_HHF_NON_HH_WEIGHT', int),
    )
    for key, attr, convert in attrs_map:
        value = kwarg.get(key, None)
        # 0 is a value, not an absence
        if value is not None:
            ret['attrs'].append([attr, convert(value)])
    return ret


class options(nla):
    nla_map = (
        ('TCA_HHF_UNSPEC', 'none'),
        ('TCA_HHF_BACKLOG_LIMIT', 'uint32'),
        ('TCA_HHF_QUANTUM', 'uint32'),
        ('TCA_HHF_HH_FLOWS_LIMIT', 'uint32'),
        ('TCA_HHF_RESET_TIMEOUT', 'uint32'),
        ('TCA_HHF_ADMIT_BYTES', 'uint32'),
        ('TCA_HHF_EVICT_TIMEOUT', 'uint32'),
        ('TCA_HHF_NON_HH_WEIGHT', 'uint32'),
    )


# struct tc_hhf_xstats
class stats(nla):
    fields = (
        ('drop_overlimit', 'I'),
        ('hh_overlimit', 'I'),
        ('hh_tot_count', 'I'),
        ('hh_cur_count', 'I'),
    )


class stats2(c_stats2):
    class stats_app(stats):
        pass
