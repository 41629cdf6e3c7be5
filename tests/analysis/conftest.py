# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes the modules beside this file importable, and handmade of tests/measure."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent / "measure")]
