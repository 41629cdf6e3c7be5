# SPDX-License-Identifier: GPL-2.0-or-later
"""Experiments: what is run, in which guests, and what is made of it."""
