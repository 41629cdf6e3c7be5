# SPDX-License-Identifier: GPL-2.0-or-later
"""A testbed for HHF, the Heavy-Hitter Filter packet scheduler of the Linux kernel."""

__version__ = "0.1.0"
