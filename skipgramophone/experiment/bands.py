"""Distributes numbers over bands, so that more numbers than fit into memory can be sorted band by band.

The bands are stored one after the other in a temporary file. Each band is filled from its start to its end, so the file
is written at one place per band at a time, and never at random places.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from skipgramophone.experiment.arrays import scratch
from skipgramophone.parallel import stop_if_cancelled

Ids = npt.NDArray[np.int64]


class Bands:
    """Numbers that are divided into bands; within a band, they keep the order in which they were added.

    Attributes:
        numbers: int32, the numbers of all bands, one band after the other, in a temporary file (see `scratch`).
    """

    def __init__(self, bounds: Ids) -> None:
        """Create empty bands; `bounds`, int64 (bands + 1,), says where in `numbers` each band begins and ends."""
        self.numbers: npt.NDArray[np.int32] = scratch(int(bounds[-1]), np.int32)
        self._bounds = bounds
        self._free = bounds[:-1].copy()  # for each band, where in `numbers` the next number is written

    def add(self, band: npt.NDArray[np.unsignedinteger], numbers: npt.NDArray[np.integer]) -> None:
        """Add `numbers[i]` to the band `band[i]`; NumPy sorts band numbers of 8 or 16 bits fastest."""
        sorted_numbers = numbers[np.argsort(band, kind="stable")] if len(self._free) > 1 else numbers
        lengths = np.bincount(band, minlength=len(self._free))
        ends = np.cumsum(lengths)
        for at in np.flatnonzero(lengths).tolist():
            free, length = int(self._free[at]), int(lengths[at])
            self.numbers[free : free + length] = sorted_numbers[ends[at] - length : ends[at]]
        self._free += lengths

    def parts(self) -> Iterator[slice]:
        """Yield the slice of `numbers` that contains each band."""
        for begin, end in zip(self._bounds[:-1].tolist(), self._bounds[1:].tolist(), strict=True):
            stop_if_cancelled()
            yield slice(begin, end)
