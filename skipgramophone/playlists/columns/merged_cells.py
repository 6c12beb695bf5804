"""Detect columns in which a value is only in the first of its rows, and the cells below it are empty.

Spreadsheets with merged cells are exported like this. Some shops also write the number of an order only in the first
row of the order. If the empty cells were read as values, rows of many playlists would form one playlist.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby, pairwise

from skipgramophone.names.normalization import SEPARATOR
from skipgramophone.playlists.column_names import columns_by_role
from skipgramophone.playlists.columns.examples import question
from skipgramophone.playlists.columns.roles import PLAYLIST_ROLES
from skipgramophone.playlists.columns.values import Table, column_numbers, have_one_value_each, known_values, values_of
from skipgramophone.wording import Wording, visible

# Minimum share of empty cells in a column with merged cells. If fewer cells are empty, single values are probably
# missing.
FEW_EMPTY = 0.05  # in a column in which all values differ
SOME_EMPTY = 0.1  # in a column in which a value may occur in several rows, one after the other
MANY_EMPTY = 1 / 3  # in a column of artists
FEWEST_GAPS = 2  # in an assigned column, empty cells must be below at least two values
REMEDY = "write the value above into the empty cells if their rows belong to it, or remove these rows"


def question_on_merged_cells(rows: Table, roles: Mapping[str, str]) -> Wording | None:
    """Return a message for the user of a table with merged cells, or None if the table has none.

    Args:
        rows: the first rows of the table; the first row contains the column names.
        roles: role -> name of its column.
    """
    name = column_with_merged_cells(rows, roles)
    if name is None:
        return None
    problem = f"in which {name!r} is empty in many rows: {REMEDY}"
    others = {role: column for role, column in roles.items() if column != name}
    if "title" not in others or name == roles.get("artist"):
        return lambda _named: visible(f"a table of {len(rows[0])} columns {problem}")
    return question(rows, f"{problem}, or leave this column out", others)


def question_on_assigned_columns(rows: Table, roles: Mapping[str, str]) -> str | None:
    """Return a message for the user if a column that the user has assigned has merged cells, or None.

    Owners and names of playlists are examined only if no column has the role "id".

    Args:
        rows: the first rows of the table; the first row contains the column names, if there are any.
        roles: role -> name of its column, or its number, counted from 1.

    >>> rows = [["Show", "Song"], ["A", "Rain"], ["", "Salt"], ["B", "Tide"], ["", "Home"]]
    >>> question_on_assigned_columns(rows, {"playlist": "Show", "title": "Song"}).split(":")[0]
    "a table of 2 columns in which 'Show' is empty in many rows"
    """
    names = {role: name for role, name in roles.items() if name in rows[0] or not name.isdecimal()}
    if not names and rows[0]:
        rows, names = [column_numbers(rows), *rows], dict(roles)
    examined = ("id",) if "id" in names else PLAYLIST_ROLES
    known = {role: name for role, name in names.items() if role in (*examined, "artist", "title") and name in rows[0]}
    name = column_with_merged_cells(rows, known) if known.keys() - {"title"} else None
    if name is None or name not in known.values() or _gaps(known_values(rows, name)) < FEWEST_GAPS:
        return None
    column = f"column {name}" if name.isdecimal() else repr(name)
    return visible(f"a table of {len(rows[0])} columns in which {column} is empty in many rows: {REMEDY}")


def column_with_merged_cells(rows: Table, roles: Mapping[str, str]) -> str | None:
    """Return the column with merged cells, or None; only columns of ids, playlists, owners and artists are examined.

    In such a column, a value is only in the first of its rows, and does not come again after the empty cells below.
    Owners that are missing in all rows of an id are not merged cells. A column whose name is usual for ids is examined
    even if it has no role: it has none if most of its cells are empty.

    >>> column_with_merged_cells([["Show"], ["A"], [""], [""], ["B"], [""]], {"playlist": "Show"})
    'Show'
    """
    for name in (roles[role] for role in PLAYLIST_ROLES if role in roles):
        values = known_values(rows, name)
        if name == roles.get("owner") and "id" in roles and have_one_value_each(values_of(rows, roles["id"]), values):
            continue  # orders of unknown customers
        if _has_merged_cells(values, FEW_EMPTY if _none_repeats(values) else SOME_EMPTY):
            return name
    for name in columns_by_role(rows[0]).get("id", ()):
        values = known_values(rows, name)
        if name not in roles.values() and _none_repeats(values) and _has_merged_cells(values, FEW_EMPTY):
            return name
    if "artist" in roles and "title" in roles:
        values, titles = values_of(rows, roles["artist"]), values_of(rows, roles["title"])
        below = [title for value, title in zip(values, titles, strict=True) if not value]
        if all(below) and 2 * sum(SEPARATOR in title for title in below) < len(below):
            return roles["artist"] if _none_repeats(values) and _has_merged_cells(values, MANY_EMPTY) else None
    return None


def _has_merged_cells(values: Sequence[str], share: float) -> bool:
    """Whether cells are merged: no value comes again after an empty cell or another value; enough cells are empty.

    The first cell must not be empty. If a value occurs several times, at least two cells must be empty.

    Args:
        values: the values of a column; "" for empty cells.
        share: minimum share of the cells that must be empty.
    """
    empty, fewest = values.count(""), 1 if _none_repeats(values) else 2
    runs = [value for value, _ in groupby(values) if value]
    return bool(values and values[0]) and len(runs) == len(set(runs)) and empty >= max(fewest, share * len(values))


def _gaps(values: Sequence[str]) -> int:
    """Return how many times one or more empty values follow a value."""
    return sum(bool(above) and not below for above, below in pairwise(values))


def _none_repeats(values: Sequence[str]) -> bool:
    """Whether no non-empty value occurs twice; unlike `all_differ`, this is also true of fewer than two values."""
    filled = list(filter(None, values))
    return len(filled) == len(set(filled))
