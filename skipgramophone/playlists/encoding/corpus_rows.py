"""The rows that remain after cleaning, in the order of the corpus."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from skipgramophone.playlists.encoding.arrangement import Arrangement
from skipgramophone.playlists.encoding.cleaning import CleanedPlaylists
from skipgramophone.playlists.encoding.numbering import Codes, take_codes
from skipgramophone.playlists.encoding.row_numbers import AllRows, RowNumbers

Ids = npt.NDArray[np.int64]


class CorpusRows:
    """The rows that remain after cleaning, sorted by playlist.

    Attributes:
        offsets: int64 (playlists + 1,), bounds of the playlists in these rows.
        numbers: for each of these rows, its number among all rows.
    """

    def __init__(self, arrangement: Arrangement, clean: CleanedPlaylists) -> None:
        self._arrangement, self._places = arrangement, clean.places
        self.offsets = clean.offsets
        self.numbers = _taken(arrangement.rows, clean.places)

    def select(self, codes: Codes) -> Codes:
        """Return the numbers of these rows, int32; `codes` has one number for each row before sorting and cleaning."""
        return take_codes(self._arrangement.sorted(codes), self._places)

    @property
    def firsts(self) -> Ids:
        """The number of the first row of each playlist, int64 (playlists,)."""
        return self.numbers[self.offsets[:-1]].astype(np.int64)

    @property
    def lasts(self) -> Ids:
        """The number of the last row of each playlist, int64 (playlists,)."""
        return self.numbers[self.offsets[1:] - 1].astype(np.int64)


def _taken(rows: RowNumbers, places: RowNumbers) -> RowNumbers:
    """Return `rows[places]`; if one of the two contains all row numbers in order, this is the other one, uncopied."""
    if isinstance(rows, AllRows):
        return places
    return rows if isinstance(places, AllRows) else take_codes(np.asarray(rows[:]), places)
