# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes the modules beside this file importable: modelled."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
