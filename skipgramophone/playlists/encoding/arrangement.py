"""Sorts rows by playlist; rows of the same playlist keep their order.

There may be more rows than fit into memory. All temporary files are therefore read and written from start to end, or
band by band. A band contains the rows of consecutive playlists, about `ROWS_PER_BAND` rows. If the rows are already
sorted, as in most files of playlists, nothing is copied.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from skipgramophone.experiment.arrays import scratch
from skipgramophone.experiment.bands import Bands
from skipgramophone.playlists.encoding.numbering import Codes, is_constant, row_slices
from skipgramophone.playlists.encoding.row_numbers import AllRows, RowNumbers

Ids = npt.NDArray[np.int64]
ROWS_PER_BAND = 1 << 24
POSITION_BITS = 32  # the playlist of a row and the position of the row in its band are packed into 64 bits


class Arrangement:
    """The rows sorted by the numbers of their playlists.

    Attributes:
        offsets: int64 (playlists + 1,), bounds of the playlists in the sorted rows.
        rows: for each sorted row, its number before sorting.
    """

    def __init__(self, playlist: Codes, offsets: Ids) -> None:
        """Sort the rows.

        Args:
            playlist: int32 (rows,), the number of each row's playlist.
            offsets: int64 (playlists + 1,), bounds of the playlists in the sorted rows.
        """
        self.offsets = offsets
        self._is_needed = not _is_ascending(playlist)
        if self._is_needed:
            self._divide(playlist)
            self._sort_bands(playlist)
        rows = AllRows(len(playlist))
        self.rows: RowNumbers = self._sorted(rows) if self._is_needed else rows

    def sorted(self, codes: Codes) -> Codes:
        """Sort one number per row in the same way as the rows; if this changes nothing, return `codes` itself.

        Args:
            codes: int32 (rows,), one number per row, in the original order of the rows.

        Returns:
            int32 (rows,).
        """
        return self._sorted(codes) if self._is_needed and not is_constant(codes) else codes

    def _divide(self, playlist: Codes) -> None:
        """Divide the playlists into bands, and find the band of each row."""
        band = self.offsets[:-1] // ROWS_PER_BAND
        firsts = np.flatnonzero(np.diff(band, prepend=-1))
        self._bounds = self.offsets[[*firsts, -1]]
        bands = len(firsts)
        kind = np.min_scalar_type(bands)
        band = np.repeat(np.arange(bands, dtype=kind), np.diff([*firsts, len(band)]))
        self._band: npt.NDArray[Any] = scratch(len(playlist), kind)
        for part in row_slices(len(playlist)):
            self._band[part] = band[playlist[part]]

    def _sort_bands(self, playlist: Codes) -> None:
        """For each sorted row, find the position that it had in its band before the band was sorted."""
        bands = self._in_bands(playlist)
        self._position = bands.numbers
        for part in bands.parts():
            packed = self._position[part].astype(np.int64) << POSITION_BITS | np.arange(part.stop - part.start)
            packed.sort()
            self._position[part] = packed & ((1 << POSITION_BITS) - 1)

    def _sorted(self, numbers: RowNumbers) -> Codes:
        """Sort one number per row in the same way as the rows; the result is in a temporary file."""
        bands = self._in_bands(numbers)
        for part in bands.parts():
            bands.numbers[part] = bands.numbers[part][self._position[part]]
        return bands.numbers

    def _in_bands(self, numbers: RowNumbers) -> Bands:
        """Put one number per row into the band of its row."""
        bands = Bands(self._bounds)
        for part in row_slices(len(numbers)):
            bands.add(self._band[part], numbers[part])
        return bands


def _is_ascending(codes: Codes) -> bool:
    """Whether no number is smaller than the one before."""
    before = 0
    for part in row_slices(len(codes)):
        here = codes[part]
        if here[0] < before or np.any(here[1:] < here[:-1]):
            return False
        before = int(here[-1])
    return True
