"""Read tables of services that transfer playlists, and of Deezer's privacy export.

    Track name,Artist name,Album,Playlist name,Type,ISRC,Spotify - id                 TuneMyMusic
    title;artist;album;isrc                                                           Soundiiz
    Song Title,Artist,ISRC,Album Title,IP Address,Listening Time,...,Date             Deezer, sheet with the history

A table of TuneMyMusic has a column with the playlist. It also contains saved albums and artists, which are left out.
The uri of a track is made from the first column that contains a service's id of the track. The other ids and the ISRC
are kept as identifiers. A table of Soundiiz is one playlist, named after the file. A history of Deezer is split into
sessions; plays of 0 seconds count as skips and are rejected by default.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from skipgramophone.names.identifiers import joined, labelled
from skipgramophone.playlists.readers.albums import album_of
from skipgramophone.playlists.readers.histories import (
    NO_TIME,
    SKIP,
    Play,
    PlayRecord,
    seconds_since_1970,
    split_into_sessions,
)
from skipgramophone.playlists.readers.rows import LeftOut, Record, Row
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.playlists.readers.tables import delimiter_of, fields_of, read_named_fields
from skipgramophone.playlists.readers.track_uris import YOUTUBE, service_uri
from skipgramophone.settings import ExtractSettings

TUNEMYMUSIC = ("Track name", "Artist name", "Playlist name", "Type")
SOUNDIIZ = ("title", "artist", "album", "isrc")
DEEZER = ("Song Title", "Artist", "Album Title", "Listening Time", "Date")
SERVICE_IDS = {
    "Spotify - id": "spotify:track:",
    "Deezer - id": "https://www.deezer.com/track/",
    "Tidal - id": "https://tidal.com/track/",
    "Youtube - id": YOUTUBE,
    "YouTube - id": YOUTUBE,
    "Apple - id": "https://music.apple.com/song/",
}
OF_TRACKS = ("", "playlist", "favorite", "favorites", "track", "song")  # types of rows, in lower case
OTHER_TYPES = {"album": LeftOut("saved albums"), "artist": LeftOut("followed artists")}
OTHER = LeftOut("other saved entries")


def is_tunemymusic(lines: Sequence[str]) -> bool:
    """Whether the first line is the header of TuneMyMusic."""
    return set(TUNEMYMUSIC) <= set(fields_of(lines[0]))


def is_soundiiz(lines: Sequence[str]) -> bool:
    """Whether the first line is the header of Soundiiz."""
    return tuple(fields_of(lines[0], delimiter_of(lines[0]))[: len(SOUNDIIZ)]) == SOUNDIIZ


def is_deezer(lines: Sequence[str]) -> bool:
    """Whether the first line is the header of a listening history of Deezer."""
    return set(DEEZER) <= set(fields_of(lines[0], delimiter_of(lines[0])))


def read_tunemymusic(stream: OpenFile, _settings: ExtractSettings) -> Iterator[Record]:
    """Yield the tracks of each playlist of a table.

    Raises:
        SourceError: the header lacks a required column, or a quoted field does not end.
    """
    for number, line, fields in read_named_fields(stream, TUNEMYMUSIC, "a table of TuneMyMusic"):
        kind = "" if isinstance(fields, str) else fields["Type"].strip().lower()
        if isinstance(fields, str):
            yield number, line, fields
        elif kind not in OF_TRACKS:
            yield number, line, OTHER_TYPES.get(kind, OTHER)
        else:
            ids = ((start, fields.get(column, "").strip()) for column, start in SERVICE_IDS.items())
            uris = [start + known for start, known in ids if known]
            others = joined([*uris[1:], labelled("isrc", fields.get("ISRC"))])
            playlist = fields["Playlist name"] or PurePosixPath(stream.file.name).stem
            names = fields["Artist name"], fields["Track name"]
            row = Row("", playlist, stream.file.place, *names, uri=next(iter(uris), None))
            yield number, line, row._replace(identifiers=others, album=album_of(fields.get("Album")))


def read_soundiiz(stream: OpenFile, _settings: ExtractSettings) -> Iterator[Record]:
    """Yield the tracks of a table, which is one playlist.

    Raises:
        SourceError: the header lacks a required column, or a quoted field does not end.
    """
    playlist = PurePosixPath(stream.file.name).stem
    for number, line, fields in read_named_fields(stream, SOUNDIIZ, "a table of Soundiiz"):
        if isinstance(fields, str):
            yield number, line, fields
        else:
            names = fields["artist"], fields["title"]
            row = Row("", playlist, stream.file.place, *names, uri=service_uri(fields.get("url", "")))
            isrc = joined([labelled("isrc", fields["isrc"])])
            yield number, line, row._replace(identifiers=isrc, album=album_of(fields["album"]))


def read_deezer(stream: OpenFile, settings: ExtractSettings) -> Iterator[Record]:
    """Yield the plays of a history of Deezer, split into sessions.

    Raises:
        SourceError: the header lacks a required column, or a quoted field does not end.
    """
    return split_into_sessions(_plays(stream, settings), stream, settings)


def _plays(stream: OpenFile, settings: ExtractSettings) -> Iterator[PlayRecord]:
    """Yield the plays of a history of Deezer."""
    for number, line, fields in read_named_fields(stream, DEEZER, "a listening history of Deezer"):
        if isinstance(fields, str):
            yield number, line, fields
            continue
        time = seconds_since_1970(fields["Date"])
        if time is None:
            yield number, line, NO_TIME
        elif fields["Listening Time"].strip() == "0" and "skips" not in (settings.keep or ()):
            yield number, line, SKIP
        else:
            play = Play("", fields["Artist"], fields["Song Title"], None, began=time, ended=time)
            isrc = joined([labelled("isrc", fields.get("ISRC"))])
            yield number, line, play._replace(identifiers=isrc, album=album_of(fields["Album Title"]))
