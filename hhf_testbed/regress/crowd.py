# SPDX-License-Identifier: GPL-2.0-or-later
"""Flows that meet a given flow in one counter of filter F and in no other, chosen by hash."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hhf_testbed.model.hashing import ARRAYS, INDEX_BITS, filter_positions
from hhf_testbed.regress.expect import Refuted
from hhf_testbed.regress.queue import Queue

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

FLOWS: Final = 1 << 14
"""Of these, 16 have a given index in a given array, on average."""
SHARERS: Final = 3
TOP_BITS: Final = 30


@dataclass(frozen=True)
class Crowd:
    """One flow and those around it.

    Attributes:
        light: the flow in the middle, which shares counters.
        sharing: for each array, ``SHARERS`` flows whose only counter in common with ``light`` is
            the one of that array. Those of the fourth array differ from ``light`` in the two bits
            of the hash that only it uses.
        beside: for each array, ten flows whose index there is that of ``light`` with one bit
            changed, from the lowest to the highest; they share no counter with ``light``.
    """

    light: int
    sharing: tuple[tuple[int, ...], ...]
    beside: tuple[tuple[int, ...], ...]


def crowd_of(queue: Queue) -> Crowd:
    """Return the first such flow of a queue.

    With ``FLOWS`` flows a given one lacks a neighbour or a sharer with probability 0.002, so that
    several must be tried in few guests and 100 in none.

    Raises:
        Refuted: there is none, so the hash is no hash.
    """
    hashes = queue.hashes(FLOWS)
    around = _Around(hashes)
    for light in range(100):
        if (found := around.crowd(light)) is not None:
            return found
    raise Refuted("flows around one of 100 flows", "16 for each counter", "too few")


class _Around:
    """Finds flows by their indices; numpy, for a claim may need many crowds."""

    def __init__(self, hashes: list[int]) -> None:
        import numpy as np  # takes long, and most claims need it not

        self._hashes = np.array(hashes)
        self._positions: npt.NDArray[np.int64] = np.array(filter_positions(self._hashes))  # type: ignore[arg-type]

    def crowd(self, light: int) -> Crowd | None:
        """Return the flows around this one; None if there are too few."""
        at = self._positions[:, light]
        shared = self._positions == at[:, None]
        how_many = shared.sum(axis=0)
        met, apart = shared & (how_many == 1), how_many == 0
        met[-1] &= (self._hashes ^ self._hashes[light]) >> TOP_BITS != 0
        sharing = tuple(self._first(row, SHARERS) for row in met)
        beside = tuple(
            sum((self._first(apart & (row == own ^ 1 << bit)) for bit in range(INDEX_BITS)), ())
            for row, own in zip(self._positions, at, strict=True)
        )
        whole = [SHARERS] * ARRAYS + [INDEX_BITS] * ARRAYS
        return Crowd(light, sharing, beside) if [*map(len, sharing + beside)] == whole else None

    @staticmethod
    def _first(wanted: "npt.NDArray[np.bool_]", count: int = 1) -> tuple[int, ...]:
        return tuple(wanted.nonzero()[0][:count].tolist())
