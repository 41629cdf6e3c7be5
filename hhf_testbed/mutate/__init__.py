# SPDX-License-Identifier: GPL-2.0-or-later
"""Small faults in sch_hhf.c, one at a time: which of them does the regression suite not see?"""
