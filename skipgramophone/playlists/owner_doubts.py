"""Detect, from the values of a table with owners, that the playlists or sessions of an owner would be merged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from skipgramophone.playlists.column_names import is_descriptive, is_unclear, names_people
from skipgramophone.playlists.column_values import Table, is_text, values_of


def columns_with_playlists_of_owners(rows: Table, roles: Mapping[str, str], unused: Sequence[str]) -> list[str]:
    """Return the unused columns that may name the playlists of the owners of a table of music.

    The rows of such a table have an owner, but neither a playlist, an id nor a time. The values of such a column must
    be text unless its name is vague, such as "set". Some owner must have several values, and on average each value of
    an owner must be in at least two rows.

    >>> rows = [["user", "mixtape", "artist", "title"]]
    >>> rows += [["ana", name, "Ada", song] for name in ("Chill", "Gym") for song in ("Rain", "Salt")]
    >>> columns_with_playlists_of_owners(rows, {"artist": "artist", "title": "title", "owner": "user"}, ["mixtape"])
    ['mixtape']
    """
    if not {"title", "artist", "owner"} <= roles.keys() or roles.keys() & {"playlist", "id", "time"}:
        return []
    owners = values_of(rows, roles["owner"])
    found = []
    for name in unused:
        if rows[0].count(name) > 1 or is_descriptive(name) or names_people(name):
            continue
        values = values_of(rows, name)
        pairs = [pair for pair in zip(owners, values, strict=True) if pair[1]]
        with_values = {owner for owner, _ in pairs}
        if (is_text(values) or is_unclear(name)) and len(with_values) < len(set(pairs)) <= len(pairs) / 2:
            found.append(name)
    return sorted(found, key=lambda name: not is_text(values_of(rows, name)))
