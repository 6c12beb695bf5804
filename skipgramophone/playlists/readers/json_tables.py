"""Find the rows of a table in JSON that a script has written: in a document, or in JSON lines of playlists.

    [{"artist": "Nell Quay", "title": "Paper Boats"}, ...]                                    rows
    {"name": "Kitchen", "tracks": {"data": [{"title": ..., "artist": {"name": ...}}]}}        rows of one playlist
    [{"name": "Kitchen", "songs": [{"artist": ..., "title": ...}]}, ...]                      playlists with rows
    [{"playlistID": 7, "trackIDs": ["a1", "b2"]}, ...]                                        playlists with ids
    [{"name": "Kitchen", "tracks": ["Nell Quay - Paper Boats", ...]}, ...]                    playlists with names
    {"Kitchen": ["Nell Quay - Paper Boats", ...], ...}                                        playlists with names
    {"Kitchen": [{"artist": ..., "title": ...}, ...], ...}                                    playlists with rows
    {"artist": {"0": ..., "1": ...}, "title": {"0": ..., "1": ...}}                           columns, from pandas

JSON lines of playlists have one playlist per line. A row has the fields of its object, and also the text and number
fields of its playlist. The name of a playlist field gets the prefix "playlist.", unless it begins with "playlist"
already. An id of a track becomes the field "item", and a name becomes the fields "artist" and "title". If only some
objects of a list are playlists, each object without a list of tracks becomes a row without a track, which is rejected
later.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from skipgramophone.names.normalization import SEPARATOR, split_name
from skipgramophone.playlists.column_names import OF_PLAYLIST, columns_by_role, is_descriptive, names_title
from skipgramophone.playlists.line_ends import split_lines

Record = dict[str, Any]  # a JSON object
Rows = list[Record]
HEAD = 1 << 20  # maximum length in bytes of the first line of a file with JSON lines
DEEPEST = 3  # maximum number of nested objects between the root of the document and a list of rows
LIST_OF_TRACKS = re.compile(
    r"tracks?|songs?|items?|entry|entries|data|videos?|scrobbles|listens|plays|results|playlists?|\w*trackids",
    re.IGNORECASE,
)
# Names of lists of items or orders in exports of shops. In other JSON, lists with these names may contain anything.
LIST_OF_ITEMS = re.compile(r"(line_?items|events|products|orders|purchases|clicks|articles)", re.IGNORECASE)
ITEM = "item"  # field with the id of a track
# If at least this share of the strings in a list have an artist and a title, the strings are names of tracks.
MOST_NAMES = 0.9
SCALAR = str | int | float


def is_document(head: bytes) -> bool:
    """Whether a file that begins with `head` is one JSON value; the alternative is JSON lines.

    >>> is_document(b'{"tracks": [\\n1]}'), is_document(b'{"a": 1}\\n{"a": 2}\\n'), is_document(b'{"a": 1}\\n')
    (True, False, False)
    """
    if head.lstrip().startswith(b"["):
        return True
    lines = split_lines(head.decode("utf-8", "replace").lstrip())
    try:
        first = json.loads(lines[0]) if lines else None
    except (ValueError, RecursionError):
        return True
    return len(lines) == 1 and bool(rows_in(first))


def playlists_on_lines(head: bytes) -> Rows:
    """Return the playlists on the lines of `head`, or an empty list if the first line is not a playlist with tracks.

    Other lines that are not playlists, such as the last one if it is cut off, are left out.
    """
    found: Rows = []
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


def rows_in(document: Any) -> Rows:
    """Return the rows of a document. The result is empty if no list, or more than one list, may contain the tracks."""
    if isinstance(document, list):
        return _rows_of_list(document, {})
    if not isinstance(document, dict):
        return []
    if rows := _rows_of_names(document) or _rows_of_columns(document) or _rows_by_playlist(document):
        return rows
    lists = list(_lists_below(document, {}, DEEPEST))
    named = [found for found in lists if LIST_OF_TRACKS.fullmatch(found[0])]
    named = named or [found for found in lists if LIST_OF_ITEMS.fullmatch(found[0])]
    chosen = lists if len(lists) == 1 else named
    return _rows_of_list(chosen[0][1], chosen[0][2]) if len(chosen) == 1 else []


def _rows_of_names(document: Record) -> Rows:
    """Return the rows of a playlist of track names, or of an object whose fields are such playlists; otherwise []."""
    tracks = tracks_of(document) or []
    is_playlist = len(document) == 1 or not all(isinstance(names, list) for names in document.values())
    if is_playlist and are_names(tracks):
        return [_facts_of(document) | _fields_of(name, is_name=True) for name in tracks]
    if not all(isinstance(names, list) and (are_names(names) or not names) for names in document.values()):
        return []
    return [
        {"playlist": playlist} | _fields_of(name, is_name=True)
        for playlist, names in document.items()
        for name in names
    ]


def _rows_of_columns(document: Record) -> Rows:
    """Return the rows of a table that pandas has written as JSON.

    The document contains either one object per column, or a list of column names and a list of rows.

    >>> _rows_of_columns({"artist": {"0": "Ada", "1": "Nell"}, "title": {"0": "Rain", "1": "Salt"}})
    [{'artist': 'Ada', 'title': 'Rain'}, {'artist': 'Nell', 'title': 'Salt'}]
    >>> _rows_of_columns({"columns": ["artist", "title"], "index": [0], "data": [["Ada", "Rain"]]})
    [{'artist': 'Ada', 'title': 'Rain'}]
    """
    columns, data = document.get("columns"), document.get("data")
    if isinstance(columns, list) and isinstance(data, list) and all(isinstance(name, str) for name in columns):
        fit = bool(data) and all(isinstance(row, list) and len(row) == len(columns) for row in data)
        return [dict(zip(columns, row, strict=True)) for row in data] if fit else []
    values = list(document.values())
    if len(values) < 2 or not all(isinstance(column, dict) and column.keys() == values[0].keys() for column in values):
        return []
    if not values[0] or not all(key.isdecimal() for key in values[0]):
        return []
    return [{name: column[key] for name, column in document.items()} for key in values[0]]


def _rows_by_playlist(document: Record) -> Rows:
    """Return the rows of an object whose fields are playlists, which are lists of objects with artist and title.

    The name of the field becomes the field "playlist" of its rows. The result is empty for other objects.

    >>> _rows_by_playlist({"Evening": [{"artist": "Ada", "title": "Rain"}], "Road": []})
    [{'playlist': 'Evening', 'artist': 'Ada', 'title': 'Rain'}]
    """
    if len(document) < 2 or not all(isinstance(rows, list) for rows in document.values()):
        return []
    if any(LIST_OF_TRACKS.fullmatch(name) or is_descriptive(name) for name in document):
        return []
    rows = [row for rows in document.values() for row in rows]
    whole = rows[: max(1, len(rows) - 1)]  # the last object may be cut off
    if not all(isinstance(row, dict) for row in rows):
        return []
    if not whole or not all({"artist", "title"} <= _roles_of(tuple(row)) for row in whole):
        return []
    return [{"playlist": playlist} | row for playlist, rows in document.items() for row in rows]


def are_divided_by_field(document: Any, rows: Rows) -> bool:
    """Whether a document is an object whose fields are playlists.

    Args:
        document: the JSON value.
        rows: its rows, as returned by `rows_in`; the field "playlist" of a row contains the name of its playlist.
    """
    playlists = {name for row in rows if isinstance(name := row.get("playlist"), str)}
    return isinstance(document, dict) and len(playlists) > 1 and playlists <= document.keys()


def are_names(values: list[Any]) -> bool:
    """Whether all values are texts, and at least 90 % of them have an artist and a title, split by " - "."""
    texts = [value for value in values if isinstance(value, str)]
    return len(texts) == len(values) > 0 and sum(SEPARATOR in text for text in texts) >= MOST_NAMES * len(texts)


def _lists_below(record: Record, facts: Record, deepest: int) -> Iterator[tuple[str, list[Any], Record]]:
    """Yield the lists of objects in an object and its nested objects.

    Each result has three parts: the name of the list, the list, and the fields of its playlist (see `_facts_of`).
    """
    facts = facts | _facts_of(record)
    for name, value in record.items():
        if isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
            yield name, value, facts
        elif isinstance(value, dict) and deepest:
            yield from _lists_below(value, facts, deepest - 1)


def _rows_of_list(values: list[Any], facts: Record) -> Rows:
    """Return the rows of a list: its objects or, if these are playlists, the tracks of the playlists."""
    if not values or not all(isinstance(value, dict) for value in values):
        return []
    if not any(map(tracks_of, values)):
        return [facts | value for value in values]
    return rows_of_playlists(values)


def rows_of_playlists(playlists: Rows) -> Rows:
    """Return the rows of playlists; tracks that are texts are treated as names in all playlists, or as ids in all."""
    are_names = have_names(playlists)
    return [row for playlist in playlists for row in rows_of_playlist(playlist, are_names)]


def have_names(playlists: Rows) -> bool:
    """Whether the tracks of playlists are names and not ids: most of the texts among them contain a space."""
    texts = [track for playlist in playlists for track in tracks_of(playlist) or () if isinstance(track, str)]
    return 2 * sum(" " in text.strip() for text in texts) > len(texts)


def rows_of_playlist(playlist: Record, are_names: bool) -> Rows:
    """Return the rows of a playlist; if it has no list of tracks, it becomes one row without a track."""
    tracks = tracks_of(playlist)
    return [_facts_of(playlist) | _fields_of(track, are_names) for track in ([{}] if tracks is None else tracks)]


def field_with_lists(records: Rows) -> str | None:
    """Return the name of the field of titles if its values are lists, and there are no other titles, else None.

    >>> field_with_lists([{"artist": ["Ada Fenn", "Nell Quay"], "title": ["Rain", "Salt"]}])
    'title'
    """
    values = {name: value for record in reversed(records) for name, value in record.items() if names_title(name)}
    lists = [name for name, value in values.items() if isinstance(value, list)]
    return lists[0] if lists and len(lists) == len(values) else None


def _fields_of(track: Any, is_name: bool) -> Record:
    """Return the fields of a track, which is an object, a name such as "Nell Quay - Paper Boats", or an id."""
    if isinstance(track, dict):
        return track
    if not is_name or not isinstance(track, str):
        return {ITEM: track}
    artist, title = split_name(track.strip())
    return {"artist": artist, "title": title}


def tracks_of(playlist: Record) -> list[Any] | None:
    """Return the list of tracks in an object, which may be a list of objects, texts or numbers.

    Return None if the object has no such list, or more than one. A list with a name such as "events" counts only if the
    object seems to be an order or a session.
    """
    lists = [value for name, value in playlist.items() if LIST_OF_TRACKS.fullmatch(name) and isinstance(value, list)]
    if not lists:
        lists = [value for name, value in playlist.items() if LIST_OF_ITEMS.fullmatch(name) and isinstance(value, list)]
        lists = lists if lists and _are_of_order(tuple(playlist)) else []
    are_tracks = len(lists) == 1 and all(isinstance(each, dict | SCALAR) for each in lists[0])
    return lists[0] if are_tracks else None


@lru_cache(1024)
def _roles_of(names: tuple[str, ...]) -> frozenset[str]:
    """Return the roles for which an object has fields with usual names."""
    return frozenset(columns_by_role(list(names)))


def _are_of_order(names: tuple[str, ...]) -> bool:
    """Whether an object with fields of these names may be an order or a session: it has an id, but is not a track."""
    roles = _roles_of(names)
    return ("id" in roles or "id" in names) and not {"artist", "title"} <= roles


def _facts_of(playlist: Record) -> Record:
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


def names_in_list(value: Any) -> str | None:
    """Return the names in a list of texts, or of objects with a name, as "first, second"; None for other values.

    >>> names_in_list([{"name": "Nell Quay"}, {"name": "Ada"}]), names_in_list(["Ada"]), names_in_list([1])
    ('Nell Quay, Ada', 'Ada', None)
    """
    if not isinstance(value, list):
        return None
    names = [each.get("name") if isinstance(each, dict) else each for each in value]
    texts = [name for name in names if isinstance(name, str)]
    return ", ".join(texts) if len(texts) == len(names) else None
