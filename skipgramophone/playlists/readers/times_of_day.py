"""Read times of day, alone or after a date, as people and programs write them.

20:05   8:05 PM   20:05:30   20.05   20:05 Uhr   20h05   20 h   20時05分
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

DAY = 86_400  # seconds
# The names of the groups in these patterns do not occur in patterns of dates, so that both can be joined.
WITH_POINTS = r"[:.](?P<minute>\d\d)(?:[:.](?P<rest>\d\d)(?:[.,]\d+)?)?(?:\s?(?P<half>[AP])\.?M\.?)?(?:\s?(?:Uhr|h))?"
SECONDS = r"(?:\s?(?P<seconds>\d\d)\s?(?:s|秒|초))?"
MINUTES = rf"(?:\s?(?P<minutes>\d\d)(?:\s?(?:min|m|分|분){SECONDS})?)?"
WITH_LETTERS = rf"\s?(?:h|Uhr|時|时|点|點|시){MINUTES}"
CLOCK = rf"(?P<hour>\d{{1,2}})(?:{WITH_POINTS}|{WITH_LETTERS})"
ZONE = r"(?P<zone>(?:UTC|GMT|Z)(?:[-+]\d{1,2}(?::?\d\d)?)?|[-+]\d\d:?\d\d)(?:\s\([^()]*\))?"
# A word for "at", in one of several languages, may be between the date and the time of day.
AFTER_DATE = rf"(?:(?:T|,?\s(?:(?:-|–|at|um|à|às|om|kl\.?|a las),?\s)?){CLOCK}(?:\s?{ZONE})?)?"
AWAY = re.compile(r"([-+])(\d{1,2}):?(\d\d)?$")  # matches the difference to UTC in a time zone such as GMT+01:00
AFTER_CHARACTER = rf"(?:\s?{CLOCK}(?:\s?{ZONE})?)?"  # after a date such as 2024年2月1日
IN_DATE = re.compile(r"(?<![\d.])\d{1,2}(?:\s?[:h時时点點시]\s?|\.)\d\d(?![\d.])", re.IGNORECASE)
ALONE = re.compile(CLOCK, re.IGNORECASE)


def seconds_of_clock(text: str) -> int | None:
    """Return the seconds since midnight of a time of day; None if the text is not one.

    >>> seconds_of_clock("20:05"), seconds_of_clock("8:05 PM"), seconds_of_clock("20:05:30"), seconds_of_clock("25:00")
    (72300, 72300, 72330, None)
    >>> seconds_of_clock("20:05 Uhr"), seconds_of_clock("20h05"), seconds_of_clock("20.05"), seconds_of_clock("20")
    (72300, 72300, 72300, None)
    """
    found = ALONE.fullmatch(text.strip())
    return None if found is None else _seconds_in(found)


def has_clock(text: str) -> bool:
    """Whether a text, such as a date, contains a time of day.

    >>> has_clock("9 mars 2024 20:05"), has_clock("09.03.2024 20.05"), has_clock("09.03.2024"), has_clock("2024-03-09")
    (True, True, False, False)
    """
    return IN_DATE.search(text) is not None


def moment(year: int, month: int, day: int, found: re.Match[str]) -> float | None:
    """Convert a date and a time of day to seconds since 1970; None if the date or the time of day does not exist.

    Args:
        year: the year.
        month: the month, from 1.
        day: the day, from 1.
        found: a match of a pattern that contains `AFTER_DATE`; it has the time of day and the time zone. Without a time
            of day, the result is midnight. Without a time zone, the time is in UTC.
    """
    seconds = 0 if found["hour"] is None else _seconds_in(found)
    if seconds is None:
        return None
    try:
        midnight = datetime(year, month, day, tzinfo=UTC).timestamp()
    except (ValueError, OverflowError):
        return None
    away = AWAY.search(found["zone"] or "")
    minutes = 60 * int(away[2]) + int(away[3] or 0) if away is not None else 0
    return midnight + seconds - 60 * minutes * (-1 if away is not None and away[1] == "-" else 1)


def _seconds_in(found: re.Match[str]) -> int | None:
    """Return the seconds since midnight of a match of `CLOCK`; None if there is no such time of day, as in 25:00."""
    hour = int(found["hour"])
    minute, second = int(found["minute"] or found["minutes"] or 0), int(found["rest"] or found["seconds"] or 0)
    if found["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + 12 * (found["half"].upper() == "P")
    return 3600 * hour + 60 * minute + second if hour < 24 and minute < 60 and second < 60 else None
