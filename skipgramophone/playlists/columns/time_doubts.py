"""Detect columns that may contain the times of plays, but have values that cannot be read, or names that are not usual.

If these columns were not used, all plays of a listener would become one playlist.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import groupby

from skipgramophone.playlists.column_names import normalized
from skipgramophone.playlists.columns.roles import PLAYLIST_ROLES, name_artist_and_title
from skipgramophone.playlists.columns.values import (
    NUMBER,
    TIME_NAME,
    Table,
    have_one_value_each,
    is_time,
    most_fit,
    values_of,
)
from skipgramophone.playlists.readers.histories import seconds_since_1970
from skipgramophone.playlists.readers.numeric_dates import DateOrder, is_numeric_date, order_of_dates
from skipgramophone.playlists.readers.times_of_day import DAY, has_clock, seconds_of_clock

REMEDY = "write times in the form 2024-02-01 10:00, or read the table without this column"
MOST_EXAMINED = 100  # maximum number of values of a column that show whether it contains times, because this is slow
YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
WITHOUT_CENTURY = re.compile(r"\d{1,2}[-/. ]{1,2}[^\W\d_]{3,9}\.?[-/. ]\d\d(?!\d).*")  # 09-Mar-24
SERIAL_NUMBER = re.compile(r"[2-7]\d{4}[.,]\d+")  # days since 1900, as in Excel
SERIAL_DAY = re.compile(r"(?:3[7-9]|4\d|5[0-4])\d{3}")  # from 2001 to 2050
FROM_SERIAL_NUMBERS = (
    "a serial number of a spreadsheet (days since 1900): in the spreadsheet, give these cells the format "
    "yyyy-mm-dd hh:mm and save the table again, or use pandas.to_datetime(…, unit='D', origin='1899-12-30')"
)
NUMBER_OF_TIME = re.compile(rf"\d{{12,}}|\d(?:[.,]\d+)?E\+?\d+|{SERIAL_NUMBER.pattern}", re.IGNORECASE)
RELATIVE = re.compile(r"\d+ \w+ ago|(?:yesterday|today)\b.*|(?:this|last) (?:week|month|year)", re.IGNORECASE)
# Words in the names of columns whose times are not those of plays, but of other events.
OF_OTHER_EVENTS = re.compile(
    r"added|hinzugefugt|ajout|anadid|agregad|aggiunt|adicionad|toegevoegd|追加|release|veroffentlich|erschein|sortie|parution"
    r"|lanzamiento|lancamento|uscita|発売|publi|birth|born|geburt|geboren|naissance|nacim|nascim|nascita|death|died"
    r"|last(?!fm)|letzt|zuletzt|dernier|ultim|first|premier|primer|modifi|update|change|geandert|creat|erstellt|insert"
    r"|saved|gespeichert|liked|favo|love|import|export|download|upload|fetch|retrieve|extract|crawl|scrape|expir|purchase"
)


def is_of_other_event(name: str) -> bool:
    """Whether the name of a column, such as "Date Added", says that its times are not those of plays."""
    return OF_OTHER_EVENTS.search(normalized(name)) is not None


def times_are_asked_about(roles: Mapping[str, str]) -> bool:
    """Whether a table is a listening history whose rows are divided into playlists only by time."""
    return name_artist_and_title(roles) and not roles.keys() & {"id", "playlist"}


def unread_times(rows: Table, names: Sequence[str], roles: Mapping[str, str]) -> str:
    """Say what is wrong with the times in a column if `extract` cannot read them.

    Either the day and the month may be swapped, as in 01/02/2024 10:00, or the times are serial numbers of a
    spreadsheet, or the notation is unknown. If no column has the role "time", columns without a usual name for times
    are examined too, but only for swapped days and months.

    Args:
        rows: the first rows of the table; the first row contains the column names.
        names: the columns with usual names for times, the best first. If one of them has the role "time", only the
            columns before it are examined.
        roles: role -> name of its column.

    Returns:
        The end of a sentence that begins with "a table of 3 columns"; "" if there is no problem, or the table needs no
        times (see `times_are_asked_about`).
    """
    if not times_are_asked_about(roles):
        return ""
    for name in names[: names.index(roles["time"])] if roles.get("time") in names else names:
        values = list(filter(None, values_of(rows, name)))
        swapped, dates = (list(filter(fits, values)) for fits in (is_numeric_date, looks_like_time))
        if swapped and _may_be_plays(values, swapped):
            return f"in which the day and the month of {swapped[0]!r} may be swapped: {REMEDY}"
        if _are_serial_numbers(values):
            remedy = "; or read the table without this column"
            return f"in which {values[0]!r}, a time in {name!r}, is {FROM_SERIAL_NUMBERS}{remedy}"
        if most_fit(values, looks_like_time) and _may_be_plays(values, dates):
            return f"in which {dates[0]!r}, a time in {name!r}, is in an unknown notation: {REMEDY}"
    others = [] if "time" in roles else [name for name in rows[0] if name not in (*names, *roles.values())]
    for values in (values_of(rows, name) for name in others if _may_name_times(rows, name)):
        if most_fit(values, is_numeric_date) and most_fit(values, _is_exact) and not order_of_dates(values):
            return f"in which the day and the month of {next(filter(None, values))!r} may be swapped: {REMEDY}"
    return ""


def _are_serial_numbers(values: Sequence[str]) -> bool:
    """Whether all values are serial numbers of a spreadsheet: with times of day, or days of which some repeat.

    >>> _are_serial_numbers(["45360.83", "45360.85"]), _are_serial_numbers(["45360", "45360", "45361"])
    (True, True)
    >>> _are_serial_numbers(["45360", "45361"]), _are_serial_numbers(["3.45"])
    (False, False)
    """
    if not values or not all(SERIAL_NUMBER.fullmatch(value) or SERIAL_DAY.fullmatch(value) for value in values):
        return False
    return any(map(SERIAL_NUMBER.fullmatch, values)) or 1 < len(set(values)) < len(values)


def _may_name_times(rows: Table, name: str) -> bool:
    """Whether a column may contain times of plays according to its name, and no other column has the same name."""
    return rows[0].count(name) == 1 and not is_of_other_event(name)


def _may_be_plays(values: Sequence[str], dates: Sequence[str]) -> bool:
    """Whether the dates among the values of a column may be those of plays.

    This is true if most values have a time of day. It is also true if there are at least two different dates, and at
    least one of them occurs in several rows.
    """
    return most_fit(values, _is_exact) or 1 < len(set(dates)) < len(dates)


def looks_like_time(value: str) -> bool:
    """Whether a value is probably a date, in whatever language, perhaps with a time of day.

    >>> looks_like_time("9 maaliskuuta 2024 20:00"), looks_like_time("09-Mar-24"), looks_like_time("1.39692E+12")
    (True, True, True)
    >>> looks_like_time("3:45"), looks_like_time("1999"), looks_like_time("12 plays")
    (False, False, False)
    """
    if NUMBER_OF_TIME.fullmatch(value) or WITHOUT_CENTURY.fullmatch(value) or RELATIVE.fullmatch(value):
        return True
    if len(re.findall(r"\d+", value)) > 1 and YEAR.search(value):
        return True
    numbers = [word for word in value.split() if re.search(r"\d", word)]
    return len(numbers) > 1 and any(map(has_clock, numbers)) and seconds_of_clock(value) is None


def unnamed_times(rows: Table, unused: Sequence[str], roles: Mapping[str, str]) -> list[str]:
    """Return the columns whose values may be the times of plays, although their names are not usual for times.

    Most of the values must be times other than midnight, and at least two values must differ. Columns with the times of
    other events, such as "Date Added", are not returned. The list is empty if the table needs no times (see
    `times_are_asked_about`), or if the column with the role "time" has times of day.
    """
    if not times_are_asked_about(roles) or ("time" in roles and _are_moments(values_of(rows, roles["time"]))):
        return []
    return [name for name in unused if _may_name_times(rows, name) and _are_moments(values_of(rows, name))]


def unnamed_times_of_owners(rows: Table, unused: Sequence[str], roles: Mapping[str, str]) -> list[str]:
    """Return the columns whose values may be the times at which owners bought or rated the items of a table.

    The table has owners, but no ids, playlists or times. A column is returned if most of its values are times, and if
    neither the owner nor the item determines its value, as a date of birth and a date of release are determined. A
    column of numbers must also have a name such as "rated_ts", because ids may look like seconds since 1970.

    >>> rows = [["user", "song", "heard"], *([user, song, f"2024-0{user}-0{song}"] for user in "12" for song in "345")]
    >>> unnamed_times_of_owners(rows, ["heard"], {"owner": "user", "uri": "song"})
    ['heard']
    """
    if "owner" not in roles or not roles.keys() & {"uri", "title"} or roles.keys() & {"id", "playlist", "time"}:
        return []
    keys = [values_of(rows, roles[role]) for role in ("owner", "uri", "title") if role in roles]
    return [name for name in unused if _may_name_times(rows, name) and _are_times_of_pairs(rows, name, keys)]


def _are_times_of_pairs(rows: Table, name: str, keys: Sequence[Sequence[str]]) -> bool:
    """Whether the values in the column `name` are times that none of the columns `keys` determines."""
    values = values_of(rows, name)
    filled = list(filter(None, values))
    if any(map(NUMBER.fullmatch, filled)) and not TIME_NAME.search(normalized(name)):
        return False
    if any(have_one_value_each(key, values) for key in keys):
        return False
    order = order_of_dates(filled[:MOST_EXAMINED])
    return most_fit(filled[:MOST_EXAMINED], lambda each: is_time(each, order))


def dates_of_runs(rows: Table, unused: Sequence[str], roles: Mapping[str, str]) -> list[str]:
    """Return the columns of dates that may divide a table of artists and titles into concerts, shows or weeks.

    The table has no ids, playlists, owners or times. A column is returned if all rows with the same date follow one
    another, and each date has at least two rows on average. The dates of albums and releases are not returned.

    >>> rows = [["band", "song", "gig date"], *(["Ada", song, f"0{day}.03.2024"] for day in "12" for song in "xyz")]
    >>> dates_of_runs(rows, ["gig date"], {"artist": "band", "title": "song"})
    ['gig date']
    """
    if not name_artist_and_title(roles) or roles.keys() & {*PLAYLIST_ROLES, "time"}:
        return []
    found = []
    for name in unused:
        values = values_of(rows, name) if _may_name_times(rows, name) and "album" not in normalized(name) else []
        runs = [value for value, _ in groupby(values)]
        is_divided = 1 < len(runs) == len(set(runs)) and 2 * len(runs) <= len(values)
        found += [name] if is_divided and all(map(_is_date, values)) else []
    return found


def _is_date(value: str) -> bool:
    """Whether a value is a date, perhaps with a time of day; a number does not count."""
    return not NUMBER.fullmatch(value) and (is_numeric_date(value) or is_time(value) or looks_like_time(value))


def _are_moments(values: Sequence[str]) -> bool:
    """Whether most values are dates with a time of day other than midnight, and at least two values differ."""
    order, filled = order_of_dates(values), list(filter(None, values))
    return len(set(filled)) > 1 and most_fit(filled, lambda value: _is_moment(value, order))


def _is_moment(value: str, order: DateOrder) -> bool:
    """Whether a value is a date with a time of day other than midnight; a number such as 1396922702 does not count."""
    seconds = None if NUMBER.fullmatch(value) else seconds_since_1970(value, order)
    return seconds is not None and seconds % DAY != 0


def _is_exact(value: str) -> bool:
    """Whether a date has a time of day: a time such as 20:05, at least five numbers, or words such as "2 hours ago"."""
    is_moment = NUMBER_OF_TIME.fullmatch(value) is not None or RELATIVE.fullmatch(value) is not None
    return is_moment or has_clock(value) or len(re.findall(r"\d+", value)) >= 5
