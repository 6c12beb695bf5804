"""Times of day in a column of their own, next to a column of dates, as in the logs of radio stations."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from skipgramophone.playlists.readers.ordering import Flags, Places

CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d+)?)?(?:\s?([AP])\.?M\.?)?", re.IGNORECASE | re.ASCII)
DAY = 86_400  # seconds


def seconds_of_clock(text: str) -> int | None:
    """Return the seconds since midnight of a time of day; None if the text is not one.

    >>> seconds_of_clock("20:05"), seconds_of_clock("8:05 PM"), seconds_of_clock("20:05:30"), seconds_of_clock("25:00")
    (72300, 72300, 72330, None)
    """
    found = CLOCK.fullmatch(text.strip())
    if found is None:
        return None
    hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
    if found[4]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + 12 * (found[4].upper() == "P")
    return 3600 * hour + 60 * minute + second if hour < 24 and minute < 60 and second < 60 else None


def with_clocks(known: Flags, dates: Places, clocks: pa.Array) -> tuple[Flags, Places]:
    """Add the times of day to dates.

    Args:
        known: bool (rows,), whether the row has a valid date.
        dates: the valid dates in seconds since 1970, float64 (known rows,).
        clocks: the times of day of all rows, strings.

    Returns:
        Which rows have a valid date without a time of its own and a valid time of day, bool (rows,); the times of these
        rows in seconds since 1970, float64.
    """
    encoded = clocks.dictionary_encode()
    seconds = [seconds_of_clock(text) for text in encoded.dictionary.to_pylist()]
    of_value = np.array([np.nan if second is None else second for second in seconds], np.float64)
    times: npt.NDArray[np.float64] = np.full(len(known), np.nan)
    times[known] = np.where(dates % DAY == 0, dates, np.nan) + of_value[encoded.indices.to_numpy()[known]]
    valid = ~np.isnan(times)
    return valid, times[valid]
