"""Guess the roles of columns by their order in a table without a header.

The guess is used only for an example, when the user is asked to assign the columns."""

from __future__ import annotations

from collections.abc import Sequence

from skipgramophone.playlists.columns.values import is_text, is_time

MOSTLY = 0.9  # minimum share of the rows in which the album has the same artist as the track


def roles_by_order(columns: Sequence[Sequence[str]]) -> dict[str, int]:
    """Return role -> index of the column if the columns have a usual order; otherwise an empty dict.

    Two orders are known. Scrobblers write "artist, title, album, time, artist of the album". The other order is
    "playlist, artist, title"; a column of times may precede the playlists. In this order, playlists have at least two
    rows on average, there are more different artists than playlists, and at least as many different titles as artists.

    >>> songs = [["Ada", "Nell"], ["Rain", "Salt"], ["Door", "Sea"]]
    >>> roles_by_order([*songs, ["2024-03-09 20:00", "2024-03-09 20:05"], ["Ada", "Nell"]])
    {'artist': 0, 'title': 1, 'album': 2, 'time': 3}
    >>> roles_by_order([["Jazz", "Jazz", "Rock", "Rock"], ["Ada", "Nell", "Ada", "Quay"], ["A", "B", "C", "D"]])
    {'playlist': 0, 'artist': 1, 'title': 2}
    """
    if len(columns) > 3 and all(map(is_time, columns[0])):
        others = roles_by_order(columns[1:])
        return {"time": 0} | {role: at + 1 for role, at in others.items()} if "playlist" in others else {}
    if len(columns) < 3 or not all(map(is_text, columns[:3])):
        return {}
    if len(columns) > 4 and all(map(is_time, columns[3])) and _are_mostly_equal(columns[0], columns[4]):
        return {"artist": 0, "title": 1, "album": 2, "time": 3}
    playlists, artists, titles = (len(set(column)) for column in columns[:3])
    rows = len(columns[0])
    if 2 * playlists <= rows and playlists < artists <= titles:
        return {"playlist": 0, "artist": 1, "title": 2}
    return {}


def _are_mostly_equal(some: Sequence[str], others: Sequence[str]) -> bool:
    """Whether two columns have the same value in nearly all rows."""
    return sum(map(str.__eq__, some, others)) >= MOSTLY * len(some)
