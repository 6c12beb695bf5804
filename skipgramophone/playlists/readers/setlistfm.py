"""Read setlists of setlist.fm as its API returns them (JSON): the songs of each concert are a playlist.

    {"type": "setlists", "setlist": [{"id": "43e86b6f", "eventDate": "04-09-2018", "artist": {"name": "Nell Quay"},
     "venue": {"name": "Harbour Hall"}, "sets": {"set": [{"song": [
       {"name": "Paper Boats"}, {"name": "Rain", "cover": {"name": "The Hatches"}}, {"name": "Sea", "tape": true}]}]}}]}

A file may contain one setlist, a page of setlists, or a list of setlists or pages. The artist of a song is the artist
of the original if the song is a cover. A playlist is named by artist, venue and date. Songs that were played from tape
are left out, because nobody performed them. For a rejected song, the "line" is its number in the file, from 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from skipgramophone.errors import FormatError
from skipgramophone.playlists.readers.documents import raw_record, read_document
from skipgramophone.playlists.readers.rows import NAME_NOT_TEXT, LeftOut, Record, Row
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.settings import ExtractSettings

DATE = re.compile(r"(\d\d)-(\d\d)-(\d{4})")  # day, month, year
TAPE = LeftOut("songs from tape")
UNNAMED = "a song without a name"


def is_setlistfm(value: Any) -> bool:
    """Whether the start of a JSON document contains setlists of setlist.fm."""
    return any(_is_setlist(found) for found in _setlists(value))


def read_setlistfm(stream: OpenFile, _settings: ExtractSettings) -> Iterator[Record]:
    """Yield the songs of each concert.

    Raises:
        SourceError: the file does not contain setlists.
    """
    what = "a file with setlists of setlist.fm"
    setlists = _setlists(read_document(stream, what))
    if not any(map(_is_setlist, setlists)):
        raise FormatError(f"{stream.file.display_name} is not {what}: it has no setlists")
    number = 0
    for at, setlist in enumerate(setlists):
        if not _is_setlist(setlist):
            number += 1
            yield number, raw_record(setlist), "a setlist that is not a JSON object with sets"
            continue
        artist = _name_of(setlist, "artist")
        row = Row("", _playlist_of(setlist), f"{stream.file.place}\0{at}", artist=artist or "", title="")
        for song in _songs(setlist):
            number += 1
            yield number, raw_record(song), NAME_NOT_TEXT if artist is None else _song(song, row)


def _setlists(value: Any) -> list[Any]:
    """Return the setlists in a document: one setlist, a page with setlists, or a list of setlists or pages."""
    values = value if isinstance(value, list) else [value]
    found: list[Any] = []
    for each in values:
        page = each.get("setlist") if isinstance(each, dict) else None
        found += page if isinstance(page, list) else [each]
    return found


def _is_setlist(value: Any) -> bool:
    """Whether a value is a setlist."""
    return isinstance(value, dict) and "eventDate" in value and isinstance(value.get("sets"), dict)


def _songs(setlist: dict[str, Any]) -> Iterator[Any]:
    """Yield the songs of all sets; a single set or song may be an object instead of a list."""
    for each in _as_list(setlist["sets"].get("set")):
        yield from _as_list(each.get("song")) if isinstance(each, dict) else [each]


def _as_list(value: Any) -> list[Any]:
    """Return a list unchanged, None as an empty list, and another value as a list with this value."""
    return value if isinstance(value, list) else [] if value is None else [value]


def _song(song: Any, row: Row) -> Row | LeftOut | str:
    """Return a song as a row, or the reason for leaving it out or rejecting it.

    The row is a copy of `row` with the title of the song. The artist of `row` is the performer of the concert; if the
    song is a cover, it is replaced by the artist of the original.
    """
    if not isinstance(song, dict):
        return "a song that is not a JSON object"
    title, original = song.get("name"), _name_of(song, "cover")
    if not isinstance(title, str) or original is None:
        return NAME_NOT_TEXT
    if song.get("tape") is True:
        return TAPE
    return row._replace(artist=original or row.artist, title=title) if title.strip() else UNNAMED


def _name_of(record: dict[str, Any], field: str) -> str | None:
    """Return the name of the object in a field; "" if there is no name, None if the name is not text."""
    named = record.get(field)
    name = named.get("name", "") if isinstance(named, dict) else ""
    return name if isinstance(name, str) else None


def _playlist_of(setlist: dict[str, Any]) -> str:
    """Return the name of the playlist of a concert: artist, venue and date."""
    date = setlist["eventDate"] if isinstance(setlist["eventDate"], str) else ""
    date = DATE.sub(r"\3-\2-\1", date)
    return ", ".join(part for part in (_name_of(setlist, "artist"), _name_of(setlist, "venue"), date) if part)
