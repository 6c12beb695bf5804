"""Functions that use only the roles of the columns of a table, and not their values."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from skipgramophone.settings import ROLES

PLAYLIST_ROLES = ("id", "playlist", "owner")


def name_artist_and_title(roles: Collection[str]) -> bool:
    """Whether a table has both artists and titles, in two columns or in one.

    If such a table also has times, it is treated as a listening history.

    >>> name_artist_and_title(["artist", "title"]), name_artist_and_title(["name"]), name_artist_and_title(["title"])
    (True, True, False)
    """
    return {"artist", "title"} <= {*roles} or "name" in roles


def sorted_roles(roles: Mapping[str, str]) -> dict[str, str]:
    """Return role -> column, sorted in the order of `ROLES`."""
    return dict(sorted(roles.items(), key=lambda each: ROLES.index(each[0].split()[0])))
