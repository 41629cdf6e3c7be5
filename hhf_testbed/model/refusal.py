# SPDX-License-Identifier: GPL-2.0-or-later
"""What a kernel answers to a request that it refuses, and what it does when it hangs."""

from typing import Final

from hhf_testbed.errors import LabFailure, RequestError

EINVAL: Final = 22
ERANGE: Final = 34
ERRNO_NAMES: Final = {EINVAL: "EINVAL", ERANGE: "ERANGE"}


class RefusedError(RequestError):
    """The modelled kernel refuses this change; ``errno`` is the number it would return."""

    def __init__(self, errno: int, reason: str) -> None:
        super().__init__(f"{reason} (the kernel answers {ERRNO_NAMES[errno]})")
        self.errno = errno


class LockupError(LabFailure):
    """The modelled kernel would hang here for ever. Nothing can be asked of this qdisc again."""
