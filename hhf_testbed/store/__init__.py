# SPDX-License-Identifier: GPL-2.0-or-later
"""Run directories: written once, self-describing, checked when read."""
