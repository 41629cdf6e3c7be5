# SPDX-License-Identifier: GPL-2.0-or-later
"""What a packet costs: in the kernel's own sch_hhf, and in the model, in turns on one machine.

The kernel runs in a guest, whose clock stands still while anything computes. So a module
(``hhf_cost.c``) counts ticks of the processor's time-stamp counter, and the host measures how many
of them are a nanosecond.
"""

from hhf_testbed.cost.kernel_cost import KernelCost
from hhf_testbed.cost.rounds import play_rounds, turns
from hhf_testbed.cost.summary import summarise
from hhf_testbed.cost.table import facts, table
from hhf_testbed.cost.tick_clock import processor

__all__ = ["KernelCost", "facts", "play_rounds", "processor", "summarise", "table", "turns"]
