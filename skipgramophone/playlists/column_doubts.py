"""Detect, from the values of a table, that the rows of several playlists would be read as a single playlist."""

from __future__ import annotations

from collections.abc import Mapping

from skipgramophone.playlists.column_values import Table, values_of

PLAYLIST_ROLES = ("id", "playlist", "owner")


def column_with_merged_cells(rows: Table, roles: Mapping[str, str]) -> str | None:
    """Return the column of playlists or owners in which a spreadsheet had merged cells.

    In such a column, each value occurs only once, and the cells below it are empty. At least half of all cells must be
    empty.

    >>> column_with_merged_cells([["Show"], ["A"], [""], [""], ["B"], [""]], {"playlist": "Show"})
    'Show'
    """
    for name in (roles[role] for role in PLAYLIST_ROLES if role in roles):
        values = values_of(rows, name)
        filled = list(filter(None, values))
        if values and values[0] and len(filled) == len(set(filled)) <= len(values) - len(filled):
            return name
    return None
