"""Find out how the times of a table are used: whether they split rows into playlists, and where times of day are."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise

from skipgramophone.playlists.column_names import names_clock
from skipgramophone.playlists.columns.roles import name_artist_and_title
from skipgramophone.playlists.columns.values import NUMBER, Table, values_of
from skipgramophone.playlists.readers.times_of_day import has_clock, seconds_of_clock

VALID = 0.9  # share of the rows that must have a valid time of day
# A step is a pair of consecutive rows that have the same date, but different times of day. A column of times of day
# must have at least this number of steps; more if its values look like decimal numbers.
STEPS, STEPS_OF_NUMBERS = 2, 5
IN_ORDER = 0.9  # share of the steps that must go in the same direction, forward or backward


def is_one_list_per_owner(roles: Collection[str]) -> bool:
    """Whether all rows of an owner become one playlist in order of time, unless the user sets --session-gap.

    This is true for tables of purchases or ratings that have owners and times, but no column for a playlist or session.
    It is false for a listening history, which has both artists and titles.

    >>> is_one_list_per_owner(["owner", "uri", "time"]), is_one_list_per_owner(["artist", "title", "time"])
    (True, False)
    """
    by_owner = {"owner", "time"} <= {*roles} and not {"id", "playlist"} & {*roles}
    return by_owner and not name_artist_and_title(roles)


def column_of_clock_times(rows: Table, dates: str, others: Sequence[str]) -> str | None:
    """Return the column with the times of day that belong to the dates in the column `dates`, or None.

    Durations such as 3:45 look like times of day, but they are not in order. Therefore, a column is returned only if
    its values are in order within each date, or if its name certainly means times of day, such as "Uhrzeit". Values
    such as 20.05 may be decimal numbers instead; more of them must then be in order (see `STEPS`). The result is None
    if the dates already contain times of day.

    >>> column_of_clock_times([["Date", "At"], *(["1 May", f"{hour}:30"] for hour in (8, 9, 11))], "Date", ["At"])
    'At'
    """
    days = values_of(rows, dates)
    if any(map(has_clock, days)):
        return None
    for name in (name for name in others if rows[0].count(name) == 1):
        values = values_of(rows, name)
        clocks = [seconds_of_clock(value) for value in values]
        if not clocks or sum(clock is not None for clock in clocks) < VALID * len(clocks):
            continue
        if names_clock(name) or _are_in_order(days, clocks, STEPS_OF_NUMBERS if _are_numbers(values) else STEPS):
            return name
    return None


def _are_numbers(values: Sequence[str]) -> bool:
    """Whether at least one of the values may be a decimal number instead of a time of day, such as 20.05."""
    return any(map(NUMBER.fullmatch, values))


def _are_in_order(days: Sequence[str], clocks: Sequence[int | None], least: int) -> bool:
    """Whether nearly all times of day are in order within their dates, either the earliest or the latest first.

    Args:
        days: the date of each row.
        clocks: the time of day of each row, in seconds since midnight; None if it is invalid.
        least: minimum number of pairs of consecutive rows that have the same date, but different times of day.
    """
    steps = [
        after - before
        for (day, before), (same, after) in pairwise(zip(days, clocks, strict=True))
        if day == same and before is not None and after is not None and before != after
    ]
    forward = sum(step > 0 for step in steps)
    return len(steps) >= least and max(forward, len(steps) - forward) >= IN_ORDER * len(steps)
