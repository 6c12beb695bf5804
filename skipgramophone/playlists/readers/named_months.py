"""Converts dates with English month names to seconds since 1970.

Unlike a date such as 01/02/2024, such a date means the same day in every country:

20 Nov 2020 09:35                  Last.fm
24 Jan 2023, 09:42
Tue, 03 Apr 2012 18:00:09 GMT      mail and web servers
Tue Apr 03 18:00:09 +0000 2012     Twitter
Dec 31, 2023, 9:05:00 PM           Google and others in the USA
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAY = r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )?"
CLOCK = r"(?P<clock>\d{1,2}:\d\d(?::\d\d)?)"
HALF_DAY = r"(?:\s?(?P<half>[AaPp])\.?[Mm]\.?)?"
ZONE = r"(?P<zone>UTC|GMT|Z|[-+]\d{4})"
DAY_FIRST = re.compile(
    rf"{WEEKDAY}(?P<day>\d{{1,2}}) (?P<month>[A-Z][a-z]{{2}}) (?P<year>\d{{4}}),? {CLOCK}(?: {ZONE})?"
)
YEAR_LAST = re.compile(rf"{WEEKDAY}(?P<month>[A-Z][a-z]{{2}}) (?P<day>\d{{1,2}}) {CLOCK} (?:{ZONE} )?(?P<year>\d{{4}})")
MONTH_FIRST = re.compile(
    rf"{WEEKDAY}(?P<month>[A-Z][a-z]{{2,8}})\.? (?P<day>\d{{1,2}}), (?P<year>\d{{4}})"
    rf"(?:(?:,| at|, at)? {CLOCK}{HALF_DAY}(?: {ZONE})?)?"
)
NAMES = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def seconds_of_named_month(text: str) -> float | None:
    """Convert a date with a named month to seconds since 1970, regardless of the locale; None if invalid.

    >>> seconds_of_named_month("01 Jan 1970, 00:02"), seconds_of_named_month("Jan 1, 1970, 12:02 AM")
    (120.0, 120.0)
    """
    found = DAY_FIRST.fullmatch(text) or YEAR_LAST.fullmatch(text) or MONTH_FIRST.fullmatch(text)
    if found is None or found["month"] not in (*MONTHS, *NAMES):
        return None
    zone = found["zone"] or ""
    hour, minute, second = map(int, f"{found['clock'] or '0:0'}:0".split(":")[:3])
    if half := found.groupdict().get("half"):
        hour = hour % 12 + (12 if half in "Pp" else 0) if 1 <= hour <= 12 else 24
    day, month, year = int(found["day"]), MONTHS.index(found["month"][:3]) + 1, int(found["year"])
    try:
        time = datetime(year, month, day, hour=hour, minute=minute, second=second, tzinfo=UTC).timestamp()
    except (ValueError, OverflowError):
        return None
    away = 60 * (60 * int(zone[1:3]) + int(zone[3:])) if zone[:1] in ("+", "-") else 0
    return time - away if zone[:1] == "+" else time + away
