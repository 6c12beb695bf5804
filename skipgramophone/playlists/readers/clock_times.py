"""Times of day in a column of their own, next to a column of dates, as in the logs of radio stations."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from skipgramophone.playlists.readers.ordering import Flags, Places
from skipgramophone.playlists.readers.times_of_day import DAY, seconds_of_clock


def with_clocks(known: Flags, dates: Places, clocks: pa.Array) -> tuple[Flags, Places]:
    """Add the times of day in one column to the dates in another column.

    Args:
        known: bool (rows,), whether the row has a valid date.
        dates: the valid dates in seconds since 1970, float64 (known rows,).
        clocks: the times of day of all rows, strings.

    Returns:
        Which rows are valid, bool (rows,); the times of these rows in seconds since 1970, float64. A row is valid if
        its time of day is valid, and its date is valid and does not contain a time of day itself.
    """
    encoded = clocks.dictionary_encode()
    seconds = [seconds_of_clock(text) for text in encoded.dictionary.to_pylist()]
    of_value = np.array([np.nan if second is None else second for second in seconds], np.float64)
    times: npt.NDArray[np.float64] = np.full(len(known), np.nan)
    times[known] = np.where(dates % DAY == 0, dates, np.nan) + of_value[encoded.indices.to_numpy()[known]]
    valid = ~np.isnan(times)
    return valid, times[valid]
