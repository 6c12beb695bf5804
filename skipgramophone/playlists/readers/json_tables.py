"""Find the rows of a table in JSON that a script has written: in a document, or in JSON lines of playlists.

    [{"artist": "Nell Quay", "title": "Paper Boats"}, ...]                                    rows
    {"name": "Kitchen", "tracks": {"data": [{"title": ..., "artist": {"name": ...}}]}}        rows of one playlist
    [{"name": "Kitchen", "songs": [{"artist": ..., "title": ...}]}, ...]                      playlists with rows
    [{"playlistID": 7, "trackIDs": ["a1", "b2"]}, ...]                                        playlists with ids
    [{"name": "Kitchen", "tracks": ["Nell Quay - Paper Boats", ...]}, ...]                    playlists with names
    {"Kitchen": ["Nell Quay - Paper Boats", ...], ...}                                        playlists with names
    {"Kitchen": [{"artist": ..., "title": ...}, ...], ...}                                    playlists with rows
    {"ana": {"Kitchen": ["Nell Quay - Paper Boats", ...], ...}, ...}                          owners of playlists
    [{"user": "ana", "playlists": [{"name": "Kitchen", "tracks": [...]}, ...]}, ...]          owners of playlists
    [["Nell Quay - Paper Boats", ...], ...]                                                   playlists without names
    {"artist": {"0": ..., "1": ...}, "title": {"0": ..., "1": ...}}                           columns, from pandas
    {"0": {"artist": ..., "title": ...}, "1": {"artist": ..., "title": ...}}                  rows with numbers or keys

JSON lines of playlists have one playlist per line. A row has the fields of its object, and also the text and number
fields of its playlist. The name of a playlist field gets the prefix "playlist.", unless it begins with "playlist"
already. The fields of the owner of a playlist get the prefix "owner.", unless they are usual names of owners. A
playlist without a name gets its number, counted from 1. An id of a track becomes the field "item", and a name becomes
the fields "artist" and "title". If only some objects of a list are playlists, each object without a list of tracks
becomes a row without a track, which is rejected later.
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
from skipgramophone.playlists.readers.pandas_json import rows_of_columns

Record = dict[str, Any]  # a JSON object
Rows = list[Record]
HEAD = 1 << 20  # maximum length in bytes of the first line of a file with JSON lines
DEEPEST = 3  # maximum number of nested objects between the root of the document and a list of rows
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
        return _rows_of_list(document, {}) or _rows_of_lists(document)
    if not isinstance(document, dict):
        return []
    forms = (_rows_of_names, rows_of_columns, _rows_by_playlist, _rows_by_owner, _rows_by_key)
    if rows := next(filter(None, (rows_of(document) for rows_of in forms)), None):
        return rows
    lists = list(_lists_below(document, {}, DEEPEST))
    named = [found for found in lists if LIST_OF_TRACKS.fullmatch(found[0])]
    named = [found for found in named if not LIST_OF_IDS.fullmatch(found[0])] or named
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
    if not _are_tracks([row for rows in document.values() for row in rows]):
        return []
    return [{"playlist": playlist} | row for playlist, rows in document.items() for row in rows]


def _rows_by_owner(document: Record) -> Rows:
    """Return the rows of an object in which each field is an owner, with an object of playlists.

    >>> _rows_by_owner({"ana": {"Evening": ["Ada - Rain"]}, "bo": {"Road": ["Nell - Salt"]}})[0]
    {'owner': 'ana', 'playlist': 'Evening', 'artist': 'Ada', 'title': 'Rain'}
    """
    if not all(
        isinstance(lists, dict) and all(isinstance(each, list) for each in lists.values())
        for lists in document.values()
    ):
        return []
    names = {name for lists in document.values() for name in lists}
    is_answer = any(map(LIST_OF_TRACKS.fullmatch, document))
    if (is_answer or any(map(LIST_OF_TRACKS.fullmatch, names))) and len(document) == 1:
        inner = next(iter(document.values()))
        return _rows_of_names(inner) or _rows_by_playlist(inner) if is_answer and len(inner) > 1 else []
    tracks = [track for lists in document.values() for tracks in lists.values() for track in tracks]
    if is_answer or not (are_names(tracks) or _are_tracks(tracks)):
        return []
    return [
        {"owner": owner, "playlist": playlist} | _fields_of(track, is_name=True)
        for owner, lists in document.items()
        for playlist, tracks in lists.items()
        for track in tracks
    ]


def _rows_by_key(document: Record) -> Rows:
    """Return the rows of an object whose fields are tracks, which are objects with artist and title.

    The name of the field becomes the field "key" of its row, unless the names are numbers.

    >>> _rows_by_key({"0": {"artist": "Ada", "title": "Rain"}, "1": {"artist": "Nell", "title": "Salt"}})[1]
    {'artist': 'Nell', 'title': 'Salt'}
    """
    tracks = list(document.values())
    if len(tracks) < 2 or not _are_tracks(tracks):
        return []
    are_numbers = all(map(str.isdecimal, document))
    return [({} if are_numbers else {"key": key}) | track for key, track in document.items()]


def _rows_of_lists(lists: list[Any]) -> Rows:
    """Return the rows of a list of playlists, each of which is a list of names, or of objects with artist and title.

    >>> _rows_of_lists([["Ada - Rain"], ["Nell - Salt"]])[1]
    {'playlist': '2', 'artist': 'Nell', 'title': 'Salt'}
    """
    if not all(isinstance(each, list) for each in lists):
        return []
    tracks = [track for each in lists for track in each]
    if not (are_names(tracks) or _are_tracks(tracks)):
        return []
    numbered = enumerate(lists, 1)
    return [{"playlist": f"{number}"} | _fields_of(track, is_name=True) for number, each in numbered for track in each]


def _are_tracks(values: list[Any]) -> bool:
    """Whether values are objects with artist and title. The last one may be cut off, unless it is the only one."""
    whole = values[: max(1, len(values) - 1)]
    are_objects = bool(values) and all(isinstance(value, dict) for value in values)
    return are_objects and all({"artist", "title"} <= _roles_of(tuple(value)) for value in whole)


def fields_around(document: Any, rows: Rows) -> list[str]:
    """Return which of the fields "playlist" and "owner" are not inside the tracks of a document, but around them.

    The result is empty if the document does not have several playlists.

    Args:
        document: the document.
        rows: the rows in the document.
    """
    named = [(_text_in(row, "owner"), _text_in(row, "playlist")) for row in rows]
    playlists = {playlist for _, playlist in named if playlist is not None}
    if len({*named}) < 2 or not playlists:
        return []
    if isinstance(document, list):
        return ["playlist"] if all(isinstance(each, list) for each in document) else []
    if playlists <= document.keys():
        return ["playlist"]
    lists = [each for each in document.values() if isinstance(each, dict)]
    has_owners = len(lists) == len(document) and all(owner in document for owner, _ in named)
    is_within = playlists <= {name for each in lists for name in each}
    return ["playlist", *(["owner"] if has_owners else [])] if is_within and (has_owners or len(lists) == 1) else []


def _text_in(record: Record, name: str) -> str | None:
    """Return the value of a field if it is text, else None."""
    value = record.get(name)
    return value if isinstance(value, str) else None


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


def several_lists_of_tracks(document: Any) -> list[str]:
    """Return the names of the lists in a document if several of them may contain the tracks; otherwise [].

    Either several lists have names such as "tracks" and "playlists", or several contain objects with artist and title.

    >>> several_lists_of_tracks({"tracks": [{"artist": "Ada", "title": "Rain"}], "loved": []})
    []
    """
    lists = list(_lists_below(document, {}, DEEPEST)) if isinstance(document, dict) else []
    named = [name for name, _, _ in lists if LIST_OF_TRACKS.fullmatch(name) and not LIST_OF_IDS.fullmatch(name)]
    of_tracks = [name for name, values, _ in lists if _are_tracks(values)] if named else []
    return next((names for names in (named, of_tracks) if len(names) > 1), [])


def _rows_of_list(values: list[Any], facts: Record) -> Rows:
    """Return the rows of a list: its objects or, if these are playlists, the tracks of the playlists."""
    if not values or not all(isinstance(value, dict) for value in values):
        return []
    if not any(map(tracks_of, values)):
        return [facts | value for value in values]
    return rows_of_playlists(values)


def rows_of_playlists(playlists: Rows) -> Rows:
    """Return the rows of playlists, or of owners with playlists; texts in them are all names, or all ids of tracks."""
    playlists = with_owners(playlists)
    are_names = have_names(playlists)
    return [row for playlist in playlists for row in rows_of_playlist(playlist, are_names)]


def with_owners(owners: Rows) -> Rows:
    """Replace each object that has a list of playlists by these playlists, and add the fields of the object to them.

    >>> with_owners([{"user": "ana", "name": "A", "playlists": [{"name": "Evening", "tracks": ["x"]}]}, {"items": []}])
    [{'user': 'ana', 'owner.name': 'A', 'name': 'Evening', 'tracks': ['x']}, {'items': []}]
    """
    return [playlist for owner in owners for playlist in _playlists_of(owner)]


def _playlists_of(owner: Record) -> Rows:
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


def field_with_playlists(records: Rows) -> str | None:
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
    if len(lists) == 1 and field_with_playlists([playlist]):
        return None
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
