# SPDX-License-Identifier: GPL-2.0-or-later
"""The library that iperf3 is preloaded with; ``iperf3_patience.c`` says what it is for."""

from pathlib import Path

from hhf_testbed.native import compiled
from hhf_testbed.paths import package_dir


def patience_library() -> Path:
    """Return the library, compiling it if it is not cached. Raises LabFailure if that fails."""
    return compiled(package_dir() / "traffic" / "iperf3_patience.c", library=True)
