# SPDX-License-Identifier: GPL-2.0-or-later
"""The claims, one file for each kind of behaviour."""
