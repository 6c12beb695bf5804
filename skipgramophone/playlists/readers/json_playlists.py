"""Playlists in JSON that a script has written: objects with a list of tracks, in a document or on the lines of a file.

    {"name": "Kitchen", "songs": [{"artist": ..., "title": ...}, ...]}                        with rows
    {"playlistID": 7, "trackIDs": ["a1", "b2"]}                                               with ids
    {"name": "Kitchen", "tracks": ["Nell Quay - Paper Boats", ...]}                           with names
    {"user": "ana", "playlists": [{"name": "Kitchen", "tracks": [...]}, ...]}                 an owner of playlists

JSON lines of playlists have one playlist per line. A row has the fields of its object, and also the text and number
fields of its playlist. The name of a playlist field gets the prefix "playlist.", unless it begins with "playlist"
already. The fields of the owner of a playlist get the prefix "owner.", unless they are usual names of owners. An id of
a track becomes the field "item", and a name becomes the fields "artist" and "title". If only some objects of a list are
playlists, each object without a list of tracks becomes a row without a track, which is rejected later.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any

from skipgramophone.names.normalization import SEPARATOR, split_name
from skipgramophone.playlists.column_names import OF_PLAYLIST, columns_by_role, names_title
from skipgramophone.playlists.line_ends import split_lines

Record = dict[str, Any]  # a JSON object
HEAD = 1 << 20  # maximum length in bytes of the first line of a file with JSON lines
LIST_OF_TRACKS = re.compile(
    r"tracks?|songs?|items?|entry|entries|data|videos?|scrobbles|listens|plays|results|playlists?|\w*trackids",
    re.IGNORECASE,
)
LIST_OF_IDS = re.compile(r"\w*trackids", re.IGNORECASE)  # repeats the tracks of another list
PLAYLISTS = re.compile(r"playlists?", re.IGNORECASE)
# Names of lists of items or orders in exports of shops. In other JSON, lists with these names may contain anything.
LIST_OF_ITEMS = re.compile(r"(line_?items|events|products|orders|purchases|clicks|articles)", re.IGNORECASE)
ITEM = "item"  # field with the id of a track
# If at least this share of the strings in a list have an artist and a title, the strings are names of tracks.
MOST_NAMES = 0.9
SCALAR = str | int | float


def playlists_on_lines(head: bytes) -> list[Record]:
    """Return the playlists on the lines of `head`, or an empty list if the first line is not a playlist with tracks.

    Other lines that are not playlists, such as the last one if it is cut off, are left out.
    """
    found: list[Record] = []
    for line in split_lines(head.decode("utf-8", "replace")):
        try:
            playlist = json.loads(line)
        except (ValueError, RecursionError):
            playlist = None
        if isinstance(playlist, dict) and tracks_of(playlist) is not None:
            found.append(playlist)
        elif not found:
            return []
    return found


def rows_of_playlists(playlists: list[Record]) -> list[Record]:
    """Return the rows of playlists, or of owners with playlists; texts in them are all names, or all ids of tracks."""
    playlists = with_owners(playlists)
    are_names = have_names(playlists)
    return [row for playlist in playlists for row in rows_of_playlist(playlist, are_names)]


def rows_of_playlist(playlist: Record, are_names: bool) -> list[Record]:
    """Return the rows of a playlist; if it has no list of tracks, it becomes one row without a track."""
    tracks = tracks_of(playlist)
    return [facts_of(playlist) | fields_of(track, are_names) for track in ([{}] if tracks is None else tracks)]


def with_owners(owners: list[Record]) -> list[Record]:
    """Replace each object that has a list of playlists by these playlists, and add the fields of the object to them.

    >>> with_owners([{"user": "ana", "name": "A", "playlists": [{"name": "Evening", "tracks": ["x"]}]}, {"items": []}])
    [{'user': 'ana', 'owner.name': 'A', 'name': 'Evening', 'tracks': ['x']}, {'items': []}]
    """
    return [playlist for owner in owners for playlist in _playlists_of(owner)]


def _playlists_of(owner: Record) -> list[Record]:
    """Return the playlists in the list of an object, with its fields, or the object itself if it has no playlists."""
    playlists = tracks_of(owner) or []
    if not playlists or not all(isinstance(each, dict) for each in playlists):
        return [owner]
    if not any(tracks_of(each) and not {"artist", "title"} <= _roles_of(tuple(each)) for each in playlists):
        return [owner]
    facts = {
        name if "owner" in _roles_of((name,)) else f"owner.{name}": value
        for name, value in owner.items()
        if isinstance(value, SCALAR)
    }
    return [facts | each for each in playlists]


def have_names(playlists: list[Record]) -> bool:
    """Whether the tracks of playlists are names and not ids: most of the texts among them contain a space."""
    texts = [track for playlist in playlists for track in tracks_of(playlist) or () if isinstance(track, str)]
    return 2 * sum(" " in text.strip() for text in texts) > len(texts)


def are_names(values: list[Any]) -> bool:
    """Whether all values are texts, and at least 90 % of them have an artist and a title, split by " - "."""
    texts = [value for value in values if isinstance(value, str)]
    return len(texts) == len(values) > 0 and sum(SEPARATOR in text for text in texts) >= MOST_NAMES * len(texts)


def are_tracks(values: list[Any]) -> bool:
    """Whether values are objects with artist and title. The last one may be cut off, unless it is the only one."""
    whole = values[: max(1, len(values) - 1)]
    are_objects = bool(values) and all(isinstance(value, dict) for value in values)
    return are_objects and all({"artist", "title"} <= _roles_of(tuple(value)) for value in whole)


def tracks_of(playlist: Record) -> list[Any] | None:
    """Return the list of tracks in an object, which may be a list of objects, texts or numbers.

    Return None if the object has no such list, or more than one. A list with a name such as "events" counts only if the
    object seems to be an order or a session.
    """
    lists = [value for name, value in playlist.items() if LIST_OF_TRACKS.fullmatch(name) and isinstance(value, list)]
    if len(lists) == 1 and field_with_playlists([playlist]):
        return None
    if not lists:
        lists = [value for name, value in playlist.items() if LIST_OF_ITEMS.fullmatch(name) and isinstance(value, list)]
        lists = lists if lists and _are_of_order(tuple(playlist)) else []
    are_tracks = len(lists) == 1 and all(isinstance(each, dict | SCALAR) for each in lists[0])
    return lists[0] if are_tracks else None


def _are_of_order(names: tuple[str, ...]) -> bool:
    """Whether an object with fields of these names may be an order or a session: it has an id, but is not a track."""
    roles = _roles_of(names)
    return ("id" in roles or "id" in names) and not {"artist", "title"} <= roles


def field_with_lists(records: list[Record]) -> str | None:
    """Return the name of the field of titles if its values are lists, and there are no other titles, else None.

    >>> field_with_lists([{"artist": ["Ada Fenn", "Nell Quay"], "title": ["Rain", "Salt"]}])
    'title'
    """
    values = {name: value for record in reversed(records) for name, value in record.items() if names_title(name)}
    lists = [name for name, value in values.items() if isinstance(value, list)]
    return lists[0] if lists and len(lists) == len(values) else None


def field_with_playlists(records: list[Record]) -> str | None:
    """Return the field of some tracks that lists the names of the playlists with this track, else None.

    >>> field_with_playlists([{"artist": "Ada", "title": "Rain", "playlists": ["Evening", "Road"]}])
    'playlists'
    """
    for record in records:
        lists = [name for name, value in record.items() if PLAYLISTS.fullmatch(name) and _is_list_of_scalars(value)]
        if lists and {"artist", "title"} <= _roles_of(tuple(record)):
            return lists[0]
    return None


def _is_list_of_scalars(value: Any) -> bool:
    """Whether a value is a list of texts and numbers that is not empty."""
    return isinstance(value, list) and bool(value) and all(isinstance(each, SCALAR) for each in value)


def fields_of(track: Any, is_name: bool) -> Record:
    """Return the fields of a track, which is an object, a name such as "Nell Quay - Paper Boats", or an id."""
    if isinstance(track, dict):
        return track
    if not is_name or not isinstance(track, str):
        return {ITEM: track}
    artist, title = split_name(track.strip())
    return {"artist": artist, "title": title}


def facts_of(playlist: Record) -> Record:
    """Return the text and number fields of a playlist, named as in its rows: "name" becomes "playlist.name".

    The result is empty for an answer of a JSON-RPC server, such as Kodi: its id is not that of a playlist, but the
    number of a request.
    """
    if "jsonrpc" in playlist:
        return {}
    return {
        name if name.lower().startswith("playlist") else f"{OF_PLAYLIST}{name}": value
        for name, value in playlist.items()
        if isinstance(value, SCALAR) and not isinstance(value, bool)
    }


@lru_cache(1024)
def _roles_of(names: tuple[str, ...]) -> frozenset[str]:
    """Return the roles for which an object has fields with usual names."""
    return frozenset(columns_by_role(list(names)))
