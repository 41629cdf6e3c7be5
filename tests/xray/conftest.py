# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes the handmade captures and trials of other tests importable."""

import sys
from pathlib import Path

TESTS = Path(__file__).parent.parent
sys.path[:0] = [str(TESTS / name) for name in ("replay", "analysis", "measure")]
