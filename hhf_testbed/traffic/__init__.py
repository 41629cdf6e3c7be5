# SPDX-License-Identifier: GPL-2.0-or-later
"""What sends: iperf3 for bulk and short flows, ping for the round-trip time."""
