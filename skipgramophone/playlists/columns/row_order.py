"""Find the column of a table that gives the order of its rows: positions or times."""

from __future__ import annotations

from collections.abc import Mapping

from skipgramophone.playlists.columns.position_columns import column_of_positions
from skipgramophone.playlists.columns.values import NUMBER, Table, is_time, most_fit, values_of
from skipgramophone.playlists.readers.numeric_dates import order_of_dates


def order_of_rows(rows: Table, found: Mapping[str, list[str]], roles: Mapping[str, str]) -> dict[str, str]:
    """Return a dict with the column that gives the order of the rows: role (position or time) -> name of the column.

    These columns are tried in this order:

    - a column of numbers with a usual name for positions, if playlists have ids or names
    - the best column of times with a usual name
    - another column of positions (see `position_columns`), if playlists have ids or names

    The dict is empty if the table has none of these columns.
    """
    position = found.get("position", ())
    if roles.keys() & {"id", "playlist"} and position and most_fit(values_of(rows, position[0]), NUMBER.fullmatch):
        return {"position": position[0]}
    if times := [name for name in found.get("time", ()) if has_times(rows, name)]:
        return {"time": times[0]}
    others = [name for name in rows[0] if name not in roles.values()] if roles.keys() & {"id", "playlist"} else []
    numbered = column_of_positions(rows, roles, others)
    return {"position": numbered} if numbered else {}


def has_times(rows: Table, name: str) -> bool:
    """Whether most of the values in the column `name` are times."""
    order = order_of_dates(values_of(rows, name))
    return most_fit(values_of(rows, name), lambda value: is_time(value, order))
