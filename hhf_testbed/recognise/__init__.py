# SPDX-License-Identifier: GPL-2.0-or-later
"""Which behaviour a kernel has: found by probing it, feature by feature, not by its version.

``probe`` has the question and how the model answers it, ``probes`` all questions, ``hashing`` the
one about the flow hash, ``inquiry`` plays them in guests, ``recognised`` is the answer, and
``memory`` keeps it in the cache.
"""

from hhf_testbed.recognise.inquiry import recognise
from hhf_testbed.recognise.memory import remembered
from hhf_testbed.recognise.recognised import Recognised

__all__ = ["Recognised", "recognise", "remembered"]
