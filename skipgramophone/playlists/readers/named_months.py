"""Converts dates with the names of months to seconds since 1970.

Unlike a date such as 01/02/2024, such a date means the same day in every country:

20 Nov 2020 09:35                  Last.fm
24 Jan 2023, 09:42
24-JAN-2023 09:42                  databases
09/Mar/2024:20:00:00 +0100         logs of web servers
Tue, 03 Apr 2012 18:00:09 GMT      mail and web servers
Tue Apr 03 18:00:09 +0000 2012     Twitter
Sat Mar 09 2024 20:00:00 GMT+0100  JavaScript
Dec 31, 2023, 9:05:00 PM           Google and others in the USA
Mar 09 2024 08:00PM
Saturday, March 9, 2024 8:00 PM    Excel
Samstag, 9. März 2024 20:00        other languages, in the order day, month, year (see `month_names`)
9 de marzo de 2024, 20:00
"""

from __future__ import annotations

import re

from skipgramophone.playlists.readers.month_names import number_of_month
from skipgramophone.playlists.readers.times_of_day import AFTER_DATE, CLOCK, ZONE, moment

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
NAMES = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
NUMBER_OF = {name.casefold(): number for names in (MONTHS, NAMES) for number, name in enumerate(names, 1)} | {"sept": 9}
WEEKDAY = r"(?:(?:Mon|Tue(?:s)?|Wed(?:nes)?|Thu(?:rs?)?|Fri|Sat(?:ur)?|Sun)(?:day)?\.?,?\s)?"
DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
MONTH = r"(?P<month>[A-Z]{3,9})\.?"
YEAR = r"(?P<year>\d{4})"
PATTERNS = tuple(
    re.compile(WEEKDAY + pattern, re.IGNORECASE)
    for pattern in (
        rf"{DAY}(?P<mark>[-/\s]){MONTH},?(?P=mark){YEAR}{AFTER_DATE}",
        rf"{DAY}/{MONTH}/{YEAR}:{CLOCK}\s?{ZONE}",
        rf"{MONTH}[-\s]{DAY}(?:,\s?|[-\s]){YEAR}{AFTER_DATE}",
        rf"{YEAR}(?P<mark>[-/\s]){MONTH}(?P=mark){DAY}{AFTER_DATE}",
        rf"{MONTH}\s{{1,2}}{DAY}\s{CLOCK}\s(?:{ZONE}\s)?{YEAR}",
    )
)

# The beginnings of weekdays in the languages of `month_names`.
WEEKDAYS = (
    "mo|di|mi|do|fr|sa|so|lu|ma|me|je|ve|mi|ju|vi|sá|gi|se|te|qu|wo|vr|za|zo|po|wt|wto|śr|cz|pi|pt|so|ni|må|ti|on|to"
    "|lö|sö|lø|sø"
)
OTHER_LANGUAGES = re.compile(
    rf"(?:(?:{WEEKDAYS})[^\W\d_]{{0,11}}(?:-feira)?\.?,?\s(?:den\s)?)?"
    r"(?P<day>\d{1,2})(?:(?P<point>\.)|º|er)?(?:(?<=\.)|[-/\s])(?:de\s)?"
    r"(?P<month>[^\W\d_]{3,12})\.?[-/\s](?:del?\s)?(?P<year>\d{4})(?:\s?r\.)?"
    rf"{AFTER_DATE}",
    re.IGNORECASE,
)


def seconds_of_named_month(text: str) -> float | None:
    """Convert a date with a named month to seconds since 1970, regardless of the locale; None if it cannot be read.

    >>> seconds_of_named_month("01 Jan 1970, 00:02"), seconds_of_named_month("Jan 1, 1970, 12:02 AM")
    (120.0, 120.0)
    >>> seconds_of_named_month("1. Januar 1970 um 00:02 Uhr"), seconds_of_named_month("jeudi 1er janvier 1970 à 0h02")
    (120.0, 120.0)
    """
    found = next(filter(None, (pattern.fullmatch(text) for pattern in PATTERNS)), None)
    month = None if found is None else NUMBER_OF.get(found["month"].casefold())
    if found is None or month is None:
        found = OTHER_LANGUAGES.fullmatch(text)
        month = None if found is None else number_of_month(found["month"], found["point"] is not None)
    return None if found is None or month is None else moment(int(found["year"]), month, int(found["day"]), found)
