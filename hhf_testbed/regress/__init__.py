# SPDX-License-Identifier: GPL-2.0-or-later
"""The regression suite: what a kernel's hhf must do, claim by claim, each tried on the kernel."""
