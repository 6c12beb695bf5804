"""Converts dates in which all parts are numbers to seconds since 1970.

31.12.2023 21:05          day first, because of the points
31/12/2023 21:05          day first, because 31 is no month
12/31/23 9:05 PM          month first, because 31 is no month
01/02/2024 10:00          ambiguous: the other dates of the column decide
2024/02/01 10:00          year first, because it has four digits; the month always follows
2024年2月1日 10:00
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from skipgramophone.playlists.readers.numeric_times import are_compact
from skipgramophone.playlists.readers.times_of_day import AFTER_CHARACTER, AFTER_DATE, moment

# How the dates of a column are written. "day" and "month" say which part of a date such as 01/02/2024 comes first, and
# "digits" says that numbers such as 20240201 are dates. The value is "" if the notation is not known.
DateOrder = Literal["day", "month", "digits", ""]
DATE = r"(?P<first>\d{1,2})(?P<mark>[./-])(?P<second>\d{1,2})(?P=mark)(?P<year>\d{4}|\d\d)"
NUMERIC_DATE = re.compile(DATE + AFTER_DATE, re.IGNORECASE)
WEEKDAY = r"(?:\s?\([^\W\d_]{1,3}\))?"  # as in 2024/03/09(土)
YEAR_FIRST = re.compile(
    rf"(?P<year>\d{{4}})(?P<mark>[./-])\s?(?P<month>\d{{1,2}})(?P=mark)\s?(?P<day>\d{{1,2}})\.?{WEEKDAY}{AFTER_DATE}",
    re.IGNORECASE,
)
WITH_CHARACTERS = re.compile(
    rf"(?P<year>\d{{4}})[年년]\s?(?P<month>\d{{1,2}})[月월]\s?(?P<day>\d{{1,2}})[日일]{WEEKDAY}{AFTER_CHARACTER}",
    re.IGNORECASE,
)
MONTHS = 12
CENTURY_FROM = 70  # years of two digits: 70 is 1970, and 69 is 2069


def order_of_dates(values: Iterable[str]) -> DateOrder:
    """Return how the dates of one column are written: the day or the month first, or only digits, as in 20240201.

    The result is "" if all dates are ambiguous, such as 01/02/2024, or if the dates contradict each other.

    >>> order_of_dates(["01/02/2024", "12/31/2023"]), order_of_dates(["01/02/2024"]), order_of_dates(["1.2.2024"])
    ('month', '', 'day')
    """
    values = list(values)
    found = [match for value in values if (match := NUMERIC_DATE.fullmatch(value.strip())) is not None]
    day = any(match["mark"] == "." or int(match["second"]) <= MONTHS < int(match["first"]) for match in found)
    month = any(match["mark"] != "." and int(match["first"]) <= MONTHS < int(match["second"]) for match in found)
    if not found and are_compact(values):
        return "digits"
    return "" if day == month else "day" if day else "month"


def is_numeric_date(text: str) -> bool:
    """Whether a text is a date such as 01/02/2024, even if it is not clear which part is the month."""
    return NUMERIC_DATE.fullmatch(text.strip()) is not None


def seconds_of_numeric_date(text: str, order: DateOrder = "") -> float | None:
    """Convert a date to seconds since 1970; None if it is invalid or ambiguous. The time of day is in UTC.

    >>> seconds_of_numeric_date("01.01.1970 00:02"), seconds_of_numeric_date("1/2/1970", "day")
    (120.0, 2678400.0)
    >>> seconds_of_numeric_date("1970/1/1 00:02"), seconds_of_numeric_date("1970年1月1日 0時02分")
    (120.0, 120.0)
    """
    text = text.strip()
    if (found := YEAR_FIRST.fullmatch(text) or WITH_CHARACTERS.fullmatch(text)) is not None:
        return moment(int(found["year"]), int(found["month"]), int(found["day"]), found)
    found = NUMERIC_DATE.fullmatch(text)
    order = "day" if found is not None and found["mark"] == "." else order
    if found is None or order not in ("day", "month"):
        return None
    first, second, year = (int(found[part]) for part in ("first", "second", "year"))
    if len(found["year"]) == 2:
        year += 1900 if year >= CENTURY_FROM else 2000
    day, month = (first, second) if order == "day" else (second, first)
    return moment(year, month, day, found)
