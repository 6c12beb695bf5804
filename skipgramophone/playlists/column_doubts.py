"""Detect, from the values of a table, that its rows would be divided into the wrong playlists."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise

from skipgramophone.playlists.column_values import Table, values_of
from skipgramophone.playlists.readers.clock_times import seconds_of_clock

IN_ORDER = 0.9  # share of the rows of a date whose times of day must be in order


def is_one_list_per_owner(roles: Collection[str]) -> bool:
    """Whether the rows of an owner are one playlist in order of time, unless the user sets --session-gap.

    This is true for tables of purchases or ratings with times: they have no column for a playlist or session, and not
    both artists and titles, as a listening history has.

    >>> is_one_list_per_owner(["owner", "uri", "time"]), is_one_list_per_owner(["artist", "title", "time"])
    (True, False)
    """
    by_owner = {"owner", "time"} <= {*roles} and not {"id", "playlist"} & {*roles}
    return by_owner and not {"artist", "title"} <= {*roles}


def column_of_clock_times(rows: Table, dates: str, others: Sequence[str]) -> str | None:
    """Return the column with the times of day that belong to the dates in the column `dates`, or None.

    Durations such as 3:45 look like times of day. Unlike durations, the times of day of one date are in order.

    >>> column_of_clock_times([["Date", "At"], *(["1 May", f"{hour}:30"] for hour in (8, 9, 11))], "Date", ["At"])
    'At'
    """
    days = values_of(rows, dates)
    if any(":" in day for day in days):
        return None
    for name in others:
        clocks = [seconds_of_clock(value) for value in values_of(rows, name)]
        steps = [
            after - before
            for (day, before), (same, after) in pairwise(zip(days, clocks, strict=True))
            if day == same and before is not None and after is not None and before != after
        ]
        forward = sum(step > 0 for step in steps)
        if None not in clocks and len(steps) > 1 and max(forward, len(steps) - forward) >= IN_ORDER * len(steps):
            return name
    return None
