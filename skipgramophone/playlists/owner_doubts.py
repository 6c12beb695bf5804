"""Detect, from the values of a table with owners, that the playlists or sessions of an owner would be merged."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from skipgramophone.playlists.column_names import is_descriptive, is_unclear, names_listener, names_people, normalized
from skipgramophone.playlists.column_values import Table, is_text, values_of

# Columns that may contain people who own playlists.
OWNER = re.compile(
    r"creator|creat(ed)?by|curat|kurat|made(by|for)|erstell|nutzer|horer|kunde|persona?$|friend|freund|^dj|dj$"
)


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


def columns_with_people_of_playlists(rows: Table, roles: Mapping[str, str], unused: Sequence[str]) -> list[str]:
    """Return the unused columns of people that may distinguish playlists with the same name and no id.

    >>> rows = [["playlist", "made for", "title"], ["Chill", "ana", "Rain"], ["Chill", "bo", "Salt"]]
    >>> columns_with_people_of_playlists(rows, {"playlist": "playlist", "title": "title"}, ["made for"])
    ['made for']
    """
    if "playlist" not in roles or roles.keys() & {"id", "owner"}:
        return []
    people = [name for name in unused if _names_owner(name) and not is_descriptive(name) and rows[0].count(name) == 1]
    playlists = values_of(rows, roles["playlist"])
    return [name for name in people if _several_per_group(playlists, values_of(rows, name))]


def _names_owner(name: str) -> bool:
    """Whether a column may contain people who own playlists, according to its name."""
    return names_listener(name) or OWNER.search(normalized(name)) is not None


def _several_per_group(groups: Sequence[str], values: Sequence[str]) -> bool:
    """Whether a group has several values; empty values do not count. Both sequences have an item for each row."""
    pairs = {(group, value) for group, value in zip(groups, values, strict=True) if group and value}
    return len({group for group, _ in pairs}) < len(pairs)
