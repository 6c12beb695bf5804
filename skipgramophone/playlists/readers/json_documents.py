"""Find the rows of a table in a JSON document that a script has written.

    [{"artist": "Nell Quay", "title": "Paper Boats"}, ...]                                    rows
    {"name": "Kitchen", "tracks": {"data": [{"title": ..., "artist": {"name": ...}}]}}        rows of one playlist
    [{"name": "Kitchen", "songs": [{"artist": ..., "title": ...}]}, ...]                      playlists
    {"Kitchen": ["Nell Quay - Paper Boats", ...], ...}                                        playlists with names
    {"Kitchen": [{"artist": ..., "title": ...}, ...], ...}                                    playlists with rows
    {"ana": {"Kitchen": ["Nell Quay - Paper Boats", ...], ...}, ...}                          owners of playlists
    [["Nell Quay - Paper Boats", ...], ...]                                                   playlists without names
    {"artist": {"0": ..., "1": ...}, "title": {"0": ..., "1": ...}}                           columns, from pandas
    {"0": {"artist": ..., "title": ...}, "1": {"artist": ..., "title": ...}}                  rows with numbers or keys

The forms of playlists, and the fields of their rows, are described in `json_playlists`. A playlist without a name gets
its number, counted from 1.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from skipgramophone.playlists.column_names import is_descriptive
from skipgramophone.playlists.line_ends import split_lines
from skipgramophone.playlists.readers.json_playlists import (
    LIST_OF_IDS,
    LIST_OF_ITEMS,
    LIST_OF_TRACKS,
    Record,
    are_names,
    are_tracks,
    facts_of,
    fields_of,
    rows_of_playlists,
    tracks_of,
)
from skipgramophone.playlists.readers.pandas_json import rows_of_columns

DEEPEST = 3  # maximum number of nested objects between the root of the document and a list of rows


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


def rows_in(document: Any) -> list[Record]:
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


def _rows_of_names(document: Record) -> list[Record]:
    """Return the rows of a playlist of track names, or of an object whose fields are such playlists; otherwise []."""
    tracks = tracks_of(document) or []
    is_playlist = len(document) == 1 or not all(isinstance(names, list) for names in document.values())
    if is_playlist and are_names(tracks):
        return [facts_of(document) | fields_of(name, is_name=True) for name in tracks]
    if not all(isinstance(names, list) and (are_names(names) or not names) for names in document.values()):
        return []
    return [
        {"playlist": playlist} | fields_of(name, is_name=True) for playlist, names in document.items() for name in names
    ]


def _rows_by_playlist(document: Record) -> list[Record]:
    """Return the rows of an object whose fields are playlists, which are lists of objects with artist and title.

    The name of the field becomes the field "playlist" of its rows. The result is empty for other objects.

    >>> _rows_by_playlist({"Evening": [{"artist": "Ada", "title": "Rain"}], "Road": []})
    [{'playlist': 'Evening', 'artist': 'Ada', 'title': 'Rain'}]
    """
    if len(document) < 2 or not all(isinstance(rows, list) for rows in document.values()):
        return []
    if any(LIST_OF_TRACKS.fullmatch(name) or is_descriptive(name) for name in document):
        return []
    if not are_tracks([row for rows in document.values() for row in rows]):
        return []
    return [{"playlist": playlist} | row for playlist, rows in document.items() for row in rows]


def _rows_by_owner(document: Record) -> list[Record]:
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
    if is_answer or not (are_names(tracks) or are_tracks(tracks)):
        return []
    return [
        {"owner": owner, "playlist": playlist} | fields_of(track, is_name=True)
        for owner, lists in document.items()
        for playlist, tracks in lists.items()
        for track in tracks
    ]


def _rows_by_key(document: Record) -> list[Record]:
    """Return the rows of an object whose fields are tracks, which are objects with artist and title.

    The name of the field becomes the field "key" of its row, unless the names are numbers.

    >>> _rows_by_key({"0": {"artist": "Ada", "title": "Rain"}, "1": {"artist": "Nell", "title": "Salt"}})[1]
    {'artist': 'Nell', 'title': 'Salt'}
    """
    tracks = list(document.values())
    if len(tracks) < 2 or not are_tracks(tracks):
        return []
    are_numbers = all(map(str.isdecimal, document))
    return [({} if are_numbers else {"key": key}) | track for key, track in document.items()]


def _rows_of_lists(lists: list[Any]) -> list[Record]:
    """Return the rows of a list of playlists, each of which is a list of names, or of objects with artist and title.

    >>> _rows_of_lists([["Ada - Rain"], ["Nell - Salt"]])[1]
    {'playlist': '2', 'artist': 'Nell', 'title': 'Salt'}
    """
    if not all(isinstance(each, list) for each in lists):
        return []
    tracks = [track for each in lists for track in each]
    if not (are_names(tracks) or are_tracks(tracks)):
        return []
    numbered = enumerate(lists, 1)
    return [{"playlist": f"{number}"} | fields_of(track, is_name=True) for number, each in numbered for track in each]


def _rows_of_list(values: list[Any], facts: Record) -> list[Record]:
    """Return the rows of a list: its objects or, if these are playlists, the tracks of the playlists."""
    if not values or not all(isinstance(value, dict) for value in values):
        return []
    if not any(map(tracks_of, values)):
        return [facts | value for value in values]
    return rows_of_playlists(values)


def fields_around(document: Any, rows: list[Record]) -> list[str]:
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


def several_lists_of_tracks(document: Any) -> list[str]:
    """Return the names of the lists in a document if several of them may contain the tracks; otherwise [].

    Either several lists have names such as "tracks" and "playlists", or several contain objects with artist and title.

    >>> several_lists_of_tracks({"tracks": [{"artist": "Ada", "title": "Rain"}], "loved": []})
    []
    """
    lists = list(_lists_below(document, {}, DEEPEST)) if isinstance(document, dict) else []
    named = [name for name, _, _ in lists if LIST_OF_TRACKS.fullmatch(name) and not LIST_OF_IDS.fullmatch(name)]
    of_tracks = [name for name, values, _ in lists if are_tracks(values)] if named else []
    return next((names for names in (named, of_tracks) if len(names) > 1), [])


def _lists_below(record: Record, facts: Record, deepest: int) -> Iterator[tuple[str, list[Any], Record]]:
    """Yield the lists of objects in an object and its nested objects.

    Each result has three parts: the name of the list, the list, and the fields of its playlist (see `facts_of`).
    """
    facts = facts | facts_of(record)
    for name, value in record.items():
        if isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
            yield name, value, facts
        elif isinstance(value, dict) and deepest:
            yield from _lists_below(value, facts, deepest - 1)
