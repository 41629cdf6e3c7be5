# SPDX-License-Identifier: GPL-2.0-or-later
"""Networks: pure descriptions, and their emulation with Mininet (the only importer of mininet)."""
