# SPDX-License-Identifier: GPL-2.0-or-later
"""Single requests about hhf by pyroute2, unchecked: what the kernel says is what is wanted."""

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Final, Self

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from hhf_testbed.tc.kinds import KINDS
from hhf_testbed.tc.register import register

KEYWORDS: Final = {option.name: option.keyword for option in KINDS["hhf"].options}
register()


class Client:
    """An open netlink socket. Use as a context manager."""

    def __init__(self) -> None:
        self._route = IPRoute()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._route.close()

    def hhf(
        self, verb: str, index: int, handle: int, parent: int, params: Mapping[str, int | str]
    ) -> int:
        """Do ``tc qdisc VERB`` for an hhf; return the errno of the answer, 0 for done.

        ``params`` are in the names of params.HhfParams; a time may be text, such as "40ms".
        """
        keywords = {KEYWORDS[name]: value for name, value in params.items()}
        try:
            self._route.tc(verb, "hhf", index, handle=handle, parent=parent, **keywords)
        except NetlinkError as error:
            return int(error.code)
        return 0

    def delete(self, index: int, handle: int, parent: int) -> int:
        """Delete a qdisc; return the errno of the answer, 0 for done."""
        try:
            self._route.tc("del", None, index, handle=handle, parent=parent)
        except NetlinkError as error:
            return int(error.code)
        return 0

    def read(self, index: int, handle: int) -> Any:
        """Return a qdisc as pyroute2 decodes it; None if there is none with this handle."""
        found = list(self._route.get_qdiscs(index=index))
        return next((one for one in found if one["handle"] == handle), None)
