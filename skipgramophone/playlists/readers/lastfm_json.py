"""Read scrobbles of Last.fm as its API returns them, and the files of lastfmstats.com.

    [{"track": [{"artist": {"#text": "Nell Quay"}, "name": "Paper Boats", "date": {"uts": "1622541600"}}, ...]}, ...]
    {"username": "me", "scrobbles": [{"track": "Paper Boats", "artist": "Nell Quay", "date": 1622541600000}, ...]}
    Artist;Album;AlbumId;Track;Date#me

The tracks that the API returns may be in pages or in one list. A track that was playing during the export has no time
and is rejected. In files of lastfmstats.com, the user is the owner of the sessions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from skipgramophone.errors import FormatError
from skipgramophone.names.identifiers import joined, labelled
from skipgramophone.playlists.readers.albums import album_of
from skipgramophone.playlists.readers.documents import raw_record, read_document, text_fields
from skipgramophone.playlists.readers.histories import (
    NO_TIME,
    Play,
    PlayRecord,
    seconds_since_1970,
    split_into_sessions,
)
from skipgramophone.playlists.readers.rows import NAME_NOT_TEXT, Record
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.playlists.readers.tables import fields_of, read_named_fields
from skipgramophone.settings import ExtractSettings

STATS_COLUMNS = ("Artist", "Album", "AlbumId", "Track")
STATS_DATE = "Date#"


def is_lastfm_json(value: Any) -> bool:
    """Whether the start of a JSON document contains scrobbles."""
    return any(_is_scrobble(scrobble) for scrobble in _scrobbles(value) or ())


def is_lastfmstats(lines: Sequence[str]) -> bool:
    """Whether the first line is the header of a CSV file of lastfmstats.com."""
    header = fields_of(lines[0], ";")
    return tuple(header[:4]) == STATS_COLUMNS and len(header) == 5 and header[4].startswith(STATS_DATE)


def read_lastfm_json(stream: OpenFile, settings: ExtractSettings) -> Iterator[Record]:
    """Yield the scrobbles of a JSON file, split into sessions.

    Raises:
        SourceError: the file contains no scrobbles.
    """
    content = read_document(stream, "scrobbles of Last.fm")
    scrobbles = _scrobbles(content)
    if scrobbles is None:
        raise FormatError(f"{stream.file.display_name} has no scrobbles of Last.fm")
    user = content.get("username") if isinstance(content, dict) else None
    listener = user if isinstance(user, str) else ""
    plays = ((number, raw_record(each), _play(each, listener)) for number, each in enumerate(scrobbles, 1))
    return split_into_sessions(plays, stream, settings)


def read_lastfmstats(stream: OpenFile, settings: ExtractSettings) -> Iterator[Record]:
    """Yield the scrobbles of a CSV file of lastfmstats.com, split into sessions.

    Raises:
        SourceError: the header is wrong, or a quoted field does not end.
    """
    return split_into_sessions(_stats_plays(stream), stream, settings)


def _stats_plays(stream: OpenFile) -> Iterator[PlayRecord]:
    """Yield the scrobbles of a CSV file of lastfmstats.com in the order of the file."""
    for number, line, fields in read_named_fields(stream, STATS_COLUMNS, "a table of lastfmstats", ";"):
        if isinstance(fields, str):
            yield number, line, fields
            continue
        date = next((name for name in fields if name.startswith(STATS_DATE)), "")
        time = seconds_since_1970(fields.get(date, ""))
        listener = date.removeprefix(STATS_DATE)
        if time is None:
            yield number, line, NO_TIME
        else:
            play = Play(listener, fields["Artist"], fields["Track"], None, began=time, ended=time)
            yield number, line, play._replace(album=album_of(fields["Album"]))


def _scrobbles(content: Any) -> list[Any] | None:
    """Return the scrobbles of a JSON file as one list, even if they are in pages; None if there are none."""
    if isinstance(content, dict):
        found = content.get("scrobbles")
        if isinstance(found, list):
            return found
        content = [content]
    if not isinstance(content, list):
        return None
    pages = [page.get("recenttracks", page) if isinstance(page, dict) else None for page in content]
    if all(isinstance(page, dict) and isinstance(page.get("track"), list) for page in pages):
        return [track for page in pages if page for track in page["track"]]
    return content if any(_is_scrobble(scrobble) for scrobble in content) else None


def _is_scrobble(value: Any) -> bool:
    """Whether a value is a scrobble in the form of the API or of lastfmstats.com."""
    if not isinstance(value, dict):
        return False
    artist = value.get("artist")
    named = isinstance(artist, dict) and bool({"#text", "name"} & set(artist)) and "name" in value
    of_api = named and bool({"date", "@attr"} & set(value))
    return of_api or {"track", "artist", "date", "albumId"} <= set(value)


def _play(scrobble: Any, listener: str) -> Play | str:
    """Convert a scrobble to a play, or return the reason for rejecting the scrobble."""
    if not isinstance(scrobble, dict):
        return "a scrobble that is not a JSON object"
    artist, album, date = (scrobble.get(name) for name in ("artist", "album", "date"))
    if isinstance(artist, dict):
        artist = artist.get("#text", artist.get("name"))
    if isinstance(date, dict):
        date = date.get("uts")
    names = text_fields({"artist": artist, "title": scrobble.get("name", scrobble.get("track"))}, "artist", "title")
    if names is None:
        return NAME_NOT_TEXT
    time = seconds_since_1970(str(date)) if isinstance(date, int | str) and not isinstance(date, bool) else None
    if time is None:
        return NO_TIME
    play = Play(listener, names[0], names[1], None, began=time, ended=time)
    own = album.get("#text", album.get("name")) if isinstance(album, dict) else album
    return play._replace(identifiers=joined([labelled("mbid", scrobble.get("mbid"))]), album=album_of(own))
