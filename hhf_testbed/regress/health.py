# SPDX-License-Identifier: GPL-2.0-or-later
"""Is the kernel well after a claim? Its log, and whether hhf has given back what it held."""

import os
import re
from pathlib import Path
from typing import Final

LOG: Final = "/dev/kmsg"
REFCOUNT: Final = Path("/sys/module/sch_hhf/refcnt")
ILL: Final = re.compile(
    r"\bBUG\b|\bWARNING\b|\bOops\b|general protection|Kernel panic|lockdep|possible .*deadlock"
    r"|inconsistent lock state|bad unlock balance|scheduling while atomic|RCU|rcu.*stall"
    r"|soft lockup|hung task|blocked for more than|refcount_t|list_(add|del) corruption"
    r"|unregister_netdevice: waiting|KASAN|UBSAN|kmemleak|slab-|use-after-free|double.free"
    r"|bad gfp|Bad page|stack-protector|non-work-conserving",
    re.IGNORECASE,
)
"""What the kernel says when something is wrong with it; lib/, kernel/ and mm/, Linux 6.12."""
WELL: Final = re.compile(r"rcu: (Hierarchical|RCU)|RCU Tasks|Preemptible|RCU restricting")


class Log:
    """The kernel's log, from where it was when this was made."""

    def __init__(self) -> None:
        self._file = os.open(LOG, os.O_RDONLY | os.O_NONBLOCK)
        os.lseek(self._file, 0, os.SEEK_END)

    def new_lines(self) -> list[str]:
        """Return what the kernel has said since the last call."""
        lines: list[str] = []
        while True:
            try:
                record = os.read(self._file, 8192)
            except BlockingIOError:
                return lines
            except BrokenPipeError:  # the ring went round; go on with the oldest that is left
                continue
            lines.append(record.decode(errors="replace").partition(";")[2].splitlines()[0])


def complaints(lines: list[str]) -> list[str]:
    """Return the lines that say that something is wrong."""
    return [line for line in lines if ILL.search(line) and not WELL.search(line)]


def holders() -> int:
    """Return how many qdiscs hhf still has, everything having been deleted: 0 if all is well."""
    return int(REFCOUNT.read_text()) if REFCOUNT.exists() else 0
