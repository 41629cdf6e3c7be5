# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernels to run: found in the cache, or fetched, patched, configured and built.

The only names meant for other packages are those listed in ``__all__``.
"""

from hhf_testbed.kernels.kernel import Kernel
from hhf_testbed.kernels.obtain import available, cached, elsewhere, find, get

__all__ = ["Kernel", "available", "cached", "elsewhere", "find", "get"]
