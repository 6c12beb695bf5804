"""Converts numbers that mean times to seconds since 1970.

1396922702            seconds since 1970, perhaps with decimals, as in 1396922702.0
1396922702000         milliseconds since 1970; 16 digits are microseconds, and 19 digits are nanoseconds
20140408020502        a date and a time of day; as milliseconds, all numbers of 14 digits would be after the year 2286
201404080205, 20140408     the same without seconds or time of day, if all numbers of the column are like this
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime

NUMBER = re.compile(r"(\d+)(?:\.(\d+))?")
LATEST = 32_503_680_000.0  # the year 3000 in seconds since 1970; larger numbers are not seconds
MILLISECONDS = 13  # largest number of digits of a time in milliseconds
PARTS_OF_A_SECOND = {16: 1_000_000, 19: 1_000_000_000}  # number of digits of a time -> number of its units in a second
COMPACT = (8, 12, 14)  # number of digits of a date without a time of day, with hour and minute, and also with seconds
COMPACT_YEARS = range(1970, 2101)


def seconds_of_number(text: str, is_compact: bool = False) -> float | None:
    """Convert a number to seconds since 1970; None if the text is not a number, or the number cannot be a time.

    Args:
        text: the number.
        is_compact: whether numbers are dates such as 20140408 or 201404080205; other numbers are then not times.

    >>> seconds_of_number("1396922702.5"), seconds_of_number("1396922702000000"), seconds_of_number("20140408020502")
    (1396922702.5, 1396922702.0, 1396922702.0)
    >>> seconds_of_number("19700103"), seconds_of_number("19700103", is_compact=True)
    (19700103.0, 172800.0)
    """
    found = NUMBER.fullmatch(text)
    if found is None:
        return None
    digits, decimals = found[1], (found[2] or "").strip("0")
    if len(digits) == max(COMPACT) or is_compact:
        return None if decimals else _seconds_of_compact(digits)
    if len(digits) in PARTS_OF_A_SECOND:
        seconds = float(text) / PARTS_OF_A_SECOND[len(digits)]
    else:
        seconds = float(text) / (1000 if float(text) > LATEST else 1)
    return seconds if len(digits) <= MILLISECONDS or len(digits) in PARTS_OF_A_SECOND else None


def are_compact(values: Iterable[str]) -> bool:
    """Whether all numbers among the values of a column are dates such as 20140408 or 201404080205.

    Such numbers are probably not seconds or milliseconds. Those of 8 digits would be times in August 1970, if read as
    seconds. Those of 12 digits would be times from March to August 1976, if read as milliseconds.

    >>> are_compact(["Date", "20140408", ""]), are_compact(["20140408", "20149999"]), are_compact(["Date"])
    (True, False, False)
    """
    numbers = [found[1] for value in values if (found := NUMBER.fullmatch(value.strip())) is not None]
    return bool(numbers) and all(_seconds_of_compact(digits) is not None for digits in numbers)


def _seconds_of_compact(digits: str) -> float | None:
    """Convert a date that consists only of digits, such as 20140408, to seconds since 1970; None if it is invalid."""
    if len(digits) not in COMPACT:
        return None
    try:
        time = datetime.fromisoformat(f"{digits[:8]}T{digits[8:] or '00'}").replace(tzinfo=UTC)
    except ValueError:
        return None
    return time.timestamp() if time.year in COMPACT_YEARS else None
