# SPDX-License-Identifier: GPL-2.0-or-later
"""One small change to a C source."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """Replaces some bytes of a source.

    Attributes:
        operator: what kind of fault, such as "comparison".
        function: where; "" outside of functions.
        line: number of the line, from 1.
        begin, end: bytes of the source that are replaced.
        new: by what.
        before, after: the first line of what changes, as it was and as it is.
        nth: the how many-th fault of the function with the same before and after, from 0.
    """

    operator: str
    function: str
    line: int
    begin: int
    end: int
    new: bytes
    before: str
    after: str
    nth: int = 0

    @property
    def name(self) -> str:
        """A name that stays the same when lines move; files of reasons use it."""
        again = f" #{self.nth + 1}" if self.nth else ""
        return f"{self.function or 'file'}: {self.before} -> {self.after}{again}"

    def apply(self, source: bytes) -> bytes:
        """Return the source with the fault."""
        return source[: self.begin] + self.new + source[self.end :]
