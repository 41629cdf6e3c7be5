# SPDX-License-Identifier: GPL-2.0-or-later
"""Where a kernel runs: one command goes in, files and an exit status come out.

The boundary is that of a process. Nothing but the command, its directory and the three streams
crosses it: no RPC, no pickles, no reading of the console.
"""

from hhf_testbed.guests.command import GuestCommand, GuestResult
from hhf_testbed.guests.uml import OUTPUT, run, shell

__all__ = ["OUTPUT", "GuestCommand", "GuestResult", "run", "shell"]
