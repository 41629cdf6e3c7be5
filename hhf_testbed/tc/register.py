# SPDX-License-Identifier: GPL-2.0-or-later
"""Puts our plug-ins into pyroute2's table; a plug-in that pyroute2 has by itself stays."""

import logging

from pyroute2.netlink.rtnl.tcmsg import plugins

from hhf_testbed.tc import sched_hhf
from hhf_testbed.tc.peers import PEERS


def register() -> None:
    """Make pyroute2 know hhf and its peers. Safe to repeat.

    The dict is shared by pyroute2's message, request and IPRoute modules, so one entry serves all.
    """
    plugins.setdefault("hhf", sched_hhf)
    for kind, plugin in PEERS.items():
        plugins.setdefault(kind, plugin)
    # Both log a warning at each request, that their keywords may change; 0.9.7 is pinned.
    for kind in ("sched_codel", "sched_fq_codel"):
        logging.getLogger(f"pyroute2.netlink.rtnl.tcmsg.{kind}").setLevel(logging.ERROR)
