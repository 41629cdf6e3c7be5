# SPDX-License-Identifier: GPL-2.0-or-later
"""What was seen: packet captures, samples, the environment, and whether a run can be trusted."""
