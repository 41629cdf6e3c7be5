# SPDX-License-Identifier: GPL-2.0-or-later
"""Traffic control: what is asked of the kernel, sent by pyroute2, and read back.

``kinds`` and ``qdisc`` are values and need no pyroute2; ``sched_hhf`` and ``peers`` are plug-ins
for it; ``bottleneck`` installs and compares; ``stats`` samples; ``offloads`` asks ethtool.
"""
