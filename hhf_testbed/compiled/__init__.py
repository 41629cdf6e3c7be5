# SPDX-License-Identifier: GPL-2.0-or-later
"""The model, compiled: the same source, by mypyc, three to six times as fast.

It is optional. ``hhf model compile`` makes it, and whatever calls ``use`` before it imports the
model then gets it; nobody else does, and without it the plain source does the same. It lives in the
cache, named by the hash of all it is made from, so an edit of the source is back to plain Python at
once. A test runs both on the same traffic and compares everything.

mypyc is called without setuptools, which the environment does not have (setup/environment.bash
says why): mypyc writes C, and gcc compiles that.
"""

from hhf_testbed.compiled.finder import in_use, use

__all__ = ["in_use", "use"]
