"""Recognize columns whose values identify rows, such as plays, and not tracks."""

from __future__ import annotations

import re
from collections.abc import Mapping

from skipgramophone.playlists.column_names import identifier_columns
from skipgramophone.playlists.columns.values import TRACK_URI, Table, all_differ, most_fit, values_of

SPOTIFY = re.compile(rf"{TRACK_URI.pattern}|[0-9A-Za-z]{{22}}")  # links to tracks, and their ids
LEAST_REPEATED, FEWEST_REPEATED = 0.1, 3  # share and number of the rows whose artist and title are in an earlier row


def identifies_rows(rows: Table, roles: Mapping[str, str]) -> bool:
    """Whether the column of uris has another value in each row, although artists and titles repeat.

    Links to tracks of Spotify, and ids of the same form, never identify rows. The result is also false if another
    column contains ISRCs or MusicBrainz ids: the table is then an export of a service.

    Args:
        rows: the first rows of the table; the first row contains the column names.
        roles: role -> name of its column.

    >>> rows = [["url", "artist", "title"], *([f"https://radio.example/{play}", "Ada", "Rain"] for play in range(4))]
    >>> identifies_rows(rows, {"uri": "url", "artist": "artist", "title": "title"})
    True
    """
    if not {"uri", "title", "artist"} <= roles.keys() or identifier_columns(rows[0], roles):
        return False
    values = values_of(rows, roles["uri"])
    if not all_differ(values) or most_fit(values, SPOTIFY.fullmatch):
        return False
    artists, titles = (map(str.casefold, values_of(rows, roles[role])) for role in ("artist", "title"))
    repeated = len(values) - len(set(zip(artists, titles, strict=True)))
    return repeated >= max(FEWEST_REPEATED, LEAST_REPEATED * len(values))
