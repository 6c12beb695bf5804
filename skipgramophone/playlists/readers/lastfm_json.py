"""Read scrobbles of Last.fm as its API returns them, and the files of lastfmstats.com.

    [{"track": [{"artist": {"#text": "Nell Quay"}, "name": "Paper Boats", "date": {"uts": "1622541600"}}, ...]}, ...]
    {"username": "me", "scrobbles": [{"track": "Paper Boats", "artist": "Nell Quay", "date": 1622541600000}, ...]}
    Artist;Album;AlbumId;Track;Date#me

The tracks that the API returns may be in pages or in one list. A track that was playing during the export has no time
and is rejected. In files of lastfmstats.com, the user is the owner of the sessions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from skipgramophone.errors import FormatError
from skipgramophone.names.identifiers import joined, labelled
from skipgramophone.playlists.readers.albums import album_of
from skipgramophone.playlists.readers.documents import LARGEST, document_of, raw_record, read_document, text_fields
from skipgramophone.playlists.readers.histories import (
    NO_TIME,
    Play,
    PlayRecord,
    seconds_since_1970,
    split_into_sessions,
)
from skipgramophone.playlists.readers.json_columns import has_long_number, values_of
from skipgramophone.playlists.readers.lines import Line, RawLines, is_text, whole_bytes
from skipgramophone.playlists.readers.play_columns import PlayColumns, plays_in, plays_of_records, session_blocks
from skipgramophone.playlists.readers.rows import NAME_NOT_TEXT, Record, RowBlock, gather_blocks
from skipgramophone.playlists.readers.scrobble_tables import ScrobbleTable, scrobble_blocks, table_of_header
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.playlists.readers.tables import (
    NamedFieldsRecord,
    fields_by_name,
    fields_in,
    fields_of,
    named_fields_in,
    read_named_fields,
)
from skipgramophone.settings import ALL_ROWS, ExtractSettings

STATS_COLUMNS = ("Artist", "Album", "AlbumId", "Track")
WHAT = "scrobbles of Last.fm"
STATS_DATE = "Date#"
STATS_ROLES = {"artist": "Artist", "title": "Track", "album": "Album"}
STATS = "a table of lastfmstats"


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
    return _records_of(read_document(stream, WHAT), stream, settings)


def lastfm_json_blocks(stream: OpenFile, settings: ExtractSettings) -> Iterator[RowBlock]:
    """Yield the rows of `read_lastfm_json` in blocks; whole columns of scrobbles are converted together.

    Raises:
        SourceError: the file contains no scrobbles.
    """
    from skipgramophone.playlists.readers.scrobble_objects import raw_scrobbles, windows

    raw = whole_bytes(stream, LARGEST)
    found = raw_scrobbles(raw) if is_text(raw) and not has_long_number(raw) else None
    if found is None:
        yield from gather_blocks(_records_of(document_of(stream, raw, WHAT), stream, settings), stream, settings)
        return
    scrobbles, listener = found
    if settings.num_rows != ALL_ROWS:
        scrobbles = scrobbles[: settings.num_rows]
    columns = partial(_columns, scrobbles, listener, file=stream.file.name, settings=settings)
    pieces = [columns(window) for window in windows(scrobbles, len(raw))]
    yield from session_blocks(pieces, stream, settings)


def _columns(
    scrobbles: Sequence[Any], listener: str, window: tuple[int, int, bytes], *, file: str, settings: ExtractSettings
) -> PlayColumns:
    """Return the scrobbles of a window as columns.

    Args:
        scrobbles: the JSON texts of all scrobbles.
        listener: the owner of the sessions, or "".
        window: number of the first scrobble and of the one after the last, from 0, and their text; see `windows`.
        file: name of the file in rejects.
        settings: how to read the scrobbles.
    """
    from skipgramophone.playlists.readers.scrobble_objects import decode_scrobbles, play_table

    start, end, data = window

    def records(rows: Sequence[int]) -> Iterator[PlayRecord]:
        for row, scrobble in zip(rows, values_of(bytes(scrobbles[start + row]) for row in rows), strict=True):
            yield start + row + 1, raw_record(scrobble), play_of(scrobble, listener)

    decoded = decode_scrobbles(data)
    if decoded is None:
        return plays_of_records(list(records(range(end - start))), file, settings)
    return plays_in(play_table(decoded, listener, records), file, settings)


def _records_of(content: Any, stream: OpenFile, settings: ExtractSettings) -> Iterator[Record]:
    """Yield the scrobbles of a document, split into sessions.

    Raises:
        SourceError: the document contains no scrobbles.
    """
    scrobbles = _scrobbles(content)
    if scrobbles is None:
        raise FormatError(f"{stream.file.display_name} has no scrobbles of Last.fm")
    user = content.get("username") if isinstance(content, dict) else None
    listener = user if isinstance(user, str) else ""
    plays = ((number, raw_record(each), play_of(each, listener)) for number, each in enumerate(scrobbles, 1))
    return split_into_sessions(plays, stream, settings)


def read_lastfmstats(stream: OpenFile, settings: ExtractSettings) -> Iterator[Record]:
    """Yield the scrobbles of a CSV file of lastfmstats.com, split into sessions.

    Raises:
        SourceError: the header lacks a required column, or a quoted field does not end.
    """
    return split_into_sessions(_stats_plays(read_named_fields(stream, STATS_COLUMNS, STATS, ";")), stream, settings)


def lastfmstats_blocks(stream: OpenFile, settings: ExtractSettings) -> Iterator[RowBlock]:
    """Yield the rows of `read_lastfmstats` in blocks; as long as all lines are `plain`, whole columns are converted.

    Raises:
        SourceError: the header lacks a required column, or a quoted field does not end.
    """

    def records_of(lines: Iterator[Line], table: ScrobbleTable | None) -> Iterator[PlayRecord]:
        fields, name = fields_in(lines, stream.file.display_name, ";"), stream.file.display_name
        named = fields_by_name(fields, table.header) if table else named_fields_in(fields, name, STATS_COLUMNS, STATS)
        return _stats_plays(named)

    return scrobble_blocks(stream, settings, _stats_table, records_of)


def _stats_table(head: RawLines) -> ScrobbleTable | None:
    """Return how to read a table of lastfmstats.com; None if it must be read row by row."""
    header = fields_of(head.split_at(1)[0].data.decode("utf-8", "replace").rstrip("\r\n"), ";")
    dates = [name.strip() for name in header if name.strip().startswith(STATS_DATE)]
    if len(dates) != 1 or not set(STATS_COLUMNS) <= {name.strip() for name in header}:
        return None
    table = table_of_header(head, STATS_ROLES | {"time": dates[0]}, ";")
    return table and replace(table, listener=dates[0].removeprefix(STATS_DATE))


def _stats_plays(records: Iterable[NamedFieldsRecord]) -> Iterator[PlayRecord]:
    """Yield the scrobbles of a CSV file of lastfmstats.com in the order of the file."""
    for number, line, fields in records:
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


def play_of(scrobble: Any, listener: str) -> Play | str:
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
