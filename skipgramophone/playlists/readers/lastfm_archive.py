"""Read scrobbles.tsv from the archive that Last.fm itself gave its users, and split it into sessions.

    ISO time <tab> unixtime <tab> track name <tab> track mbid <tab> artist name <tab> ... <tab> application

The archive also contains a JSON file with the same scrobbles, which is not read. Its lists of loved, banned and skipped
tracks have fewer columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from skipgramophone.names.identifiers import joined, labelled
from skipgramophone.playlists.readers.albums import album_of
from skipgramophone.playlists.readers.histories import (
    NO_TIME,
    Play,
    PlayRecord,
    seconds_since_1970,
    split_into_sessions,
)
from skipgramophone.playlists.readers.rows import Record
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.playlists.readers.tables import fields_of, read_named_fields
from skipgramophone.settings import ExtractSettings

MBID, ALBUM = "track mbid", "album name"
COLUMNS = ("ISO time", "unixtime", "track name", "artist name", "application")


def is_lastfm_archive(lines: Sequence[str]) -> bool:
    """Whether the first line is the header of scrobbles.tsv."""
    return set(COLUMNS) <= set(fields_of(lines[0], "\t"))


def read_lastfm_archive(stream: OpenFile, settings: ExtractSettings) -> Iterator[Record]:
    """Yield the scrobbles of a file, split into sessions.

    Raises:
        SourceError: the header is wrong, or a quoted field does not end.
    """
    return split_into_sessions(_plays(stream), stream, settings)


def _plays(stream: OpenFile) -> Iterator[PlayRecord]:
    """Yield the scrobbles in the order of the file."""
    for number, line, fields in read_named_fields(stream, COLUMNS, "scrobbles.tsv of Last.fm", "\t"):
        if isinstance(fields, str):
            yield number, line, fields
            continue
        time = seconds_since_1970(fields["unixtime"])
        names = fields["artist name"], fields["track name"]
        if time is None:
            yield number, line, NO_TIME
        else:
            identifiers = joined([labelled("mbid", fields.get(MBID))])
            play = Play("", *names, None, began=time, ended=time, identifiers=identifiers)
            yield number, line, play._replace(album=album_of(fields.get(ALBUM)))
