# SPDX-License-Identifier: GPL-2.0-or-later
"""The two ways in which nothing was learned. Both end a command with exit status 2.

A claim that does not hold is not an error: it is a verdict, and ends with exit status 1.
"""


class LabError(Exception):
    """Nothing was learned. The text is one clear sentence for the person at the terminal."""


class RequestError(LabError):
    """The request was wrong: the text names the value given and what is allowed."""


class LabFailure(LabError):  # noqa: N818 (the verdict has this name)
    """The lab failed: the text says what failed, where, and what mends it if that is known."""
