"""Find signs in the values of a table that rows of several playlists would be read as one playlist."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from skipgramophone.playlists.column_names import normalized
from skipgramophone.playlists.column_values import NUMBER, Table, values_of

PLAYLIST_ROLES = ("id", "playlist", "owner")
RANKS = frozenset((
    "rank", "ranking", "position", "pos", "chartposition", "weekposition", "currentrank", "currentposition", "rang",
    "platz", "platzierung", "place", "puesto", "posicion", "posicao", "posizione", "positie", "pozycja", "poradi",
    "plats",
))  # fmt: skip
LEAST_REPEATED = 0.25  # share of the rows whose rank occurs in an earlier row


def column_with_merged_cells(rows: Table, roles: Mapping[str, str]) -> str | None:
    """Return the column of playlists or owners whose cells were merged: each value once, and empty cells below it.

    >>> column_with_merged_cells([["Show"], ["A"], [""], [""], ["B"], [""]], {"playlist": "Show"})
    'Show'
    """
    for name in (roles[role] for role in PLAYLIST_ROLES if role in roles):
        values = values_of(rows, name)
        filled = list(filter(None, values))
        if values and values[0] and len(filled) == len(set(filled)) <= len(values) - len(filled):
            return name
    return None


def columns_of_charts(rows: Table, roles: Mapping[str, str], unused: Sequence[str]) -> tuple[str, str] | None:
    """Return the column with ranks and the column that separates the charts, if each rank occurs in several charts.

    >>> rows = [["year", "rank", "song"], *(f"{year} {rank} x".split() for year in (1999, 2000) for rank in (1, 2))]
    >>> columns_of_charts(rows, {"title": "song"}, ["year", "rank"])
    ('rank', 'year')
    """
    if roles.keys() & {*PLAYLIST_ROLES, "time"}:
        return None
    once = [name for name in unused if rows[0].count(name) == 1]
    for rank in (name for name in once if normalized(name) in RANKS):
        ranks = values_of(rows, rank)
        repeated = len(ranks) - len(set(ranks))
        if not all(map(NUMBER.fullmatch, ranks)) or repeated < LEAST_REPEATED * len(ranks):
            continue
        for name in once:
            values = values_of(rows, name)
            pairs = set(zip(values, ranks, strict=True))
            if name != rank and len(pairs) == len(ranks) and 2 * len(set(values)) <= len(values):
                return rank, name
    return None
