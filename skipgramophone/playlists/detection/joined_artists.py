"""Recognize tables whose artists are joined by semicolons, as in "Ada Fenn;Nell Quay"."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from skipgramophone.playlists.columns.values import Table
from skipgramophone.playlists.detection.table_head import values_of_column
from skipgramophone.playlists.readers.artist_lists import names_between_semicolons

FEWEST_LISTS, ENOUGH_LISTS = 2, 5  # how many different values must have a semicolon between names, see `are_joined`


def artists_are_joined(rows: Table, roles: Mapping[str, str]) -> bool:
    """Whether the artists in a table are joined by semicolons.

    Args:
        rows: the first rows of the table; the first row contains the column names, if there are any.
        roles: role -> name or number of its column.
    """
    artists = (name for role, name in roles.items() if role.startswith("artist"))
    return any(are_joined(values_of_column(rows, name)) for name in artists)


def are_joined(artists: Sequence[str]) -> bool:
    """Whether values are lists of artists that are joined by semicolons, and not names such as "Steins;Gate".

    At least two different values must have a semicolon between names. In addition, one of two conditions must be met: a
    name in one of these values also occurs in another value, or at least five different values have a semicolon between
    names.

    >>> are_joined(["Ada;Nell", "Nell", "Me;Ada"]), are_joined(["Steins;Gate", "Chaos;Head", "Nell"])
    (True, False)
    """
    values = [names_between_semicolons(value) for value in sorted(set(artists))]
    lists = [names for names in values if len(names) > 1]
    if len(lists) < FEWEST_LISTS:
        return False
    counts = Counter(name.casefold() for names in values for name in set(names))
    shared = any(counts[name.casefold()] > 1 for names in lists for name in names)
    return shared or len(lists) >= ENOUGH_LISTS
