"""Read exports of YouTube and YouTube Music from Google Takeout.

    playlists/Evening-videos.csv            Video ID,Playlist Video Creation Timestamp          since 2023
    playlists/Evening.csv                   two tables: the playlist, then Video Id,Time Added  before
    music library songs.csv                 Song URL,Song Title,Album Title,Artist Name 1,...   or Video ID,...
    history/watch-history.json              [{"header": "YouTube Music", "title": "Watched ...", ...

Playlist files contain only ids of videos. Names come from the song library of the same export; a video that is not in
the library is named by its link. Headers of playlist files may be in any language.

In a history, only entries of YouTube Music are used as plays; videos and advertisements are left out. The title of an
entry contains a verb, as in "Watched Paper Boats". The verb is removed in the languages of `VERBS`; titles in other
languages are rejected.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any

from skipgramophone.errors import FormatError
from skipgramophone.playlists.readers.albums import album_of
from skipgramophone.playlists.readers.documents import raw_record, read_document
from skipgramophone.playlists.readers.histories import (
    NO_TIME,
    Play,
    seconds_since_1970,
    split_into_sessions,
)
from skipgramophone.playlists.readers.rows import NAME_NOT_TEXT, LeftOut, Record, Row
from skipgramophone.playlists.readers.source_files import OpenFile, SourceFile
from skipgramophone.playlists.readers.tables import fields_of, read_fields, wrong_width
from skipgramophone.playlists.readers.track_uris import VIDEO_ID, YOUTUBE, service_uri
from skipgramophone.settings import ExtractSettings

SONG_LIBRARIES = ("music library songs.csv", "music-library-songs.csv")
SONG_FOLDERS = ("", "..", "../music (library and uploads)", "../music-library-songs")
SONG_COLUMNS = ("Song Title", "Album Title")
ADDED = re.compile(r"[\w-]{11} ?, ?\d{4}-\d\d-\d\d[T ]\d\d:\d\d")  # id of a video, and the time at which it was added
MIXED_CASE = re.compile(r"(?=[^,]*[a-z])(?=[^,]*[A-Z])")
OLD_HEADERS = ("Playlist Id,", "Playlist ID,")
MUSIC = "YouTube Music"
TOPIC = " - Topic"  # suffix of the names of channels that YouTube creates for artists
VERBS = ("Watched (.*)", "(.*) angesehen", "Vous avez regardé (.*)", "Has visto (.*)", "Hai guardato (.*)",
         "Você assistiu a (.*)", "(.*) bekeken", "Tittade på (.*)")  # fmt: skip
WATCHED = re.compile("|".join(VERBS), re.DOTALL)
VIDEO = LeftOut("videos that were not played in YouTube Music")
ADVERTISEMENT = LeftOut("advertisements")
Song = tuple[str, str, str, str | None]  # uri, artist, title, album


def is_songs(lines: Sequence[str]) -> bool:
    """Whether the first line is the header of a song library."""
    header = fields_of(lines[0])
    return len(header) > 3 and header[0] in ("Song URL", "Video ID") and tuple(header[1:3]) == SONG_COLUMNS


def is_playlist(lines: Sequence[str]) -> bool:
    """Whether the first lines are a playlist: a header in any language, then ids of videos with times."""
    if lines[0].startswith(OLD_HEADERS):
        return any(ADDED.match(line) for line in lines[2:10])
    rows = [line for line in lines[1:20] if line.strip()]
    header = fields_of(lines[0])
    of_videos = sum(ADDED.match(line) is not None for line in rows)
    # Ids of videos nearly always have letters in mixed case, unlike most ids of other tables.
    mixed = sum(MIXED_CASE.match(line) is not None for line in rows)
    if len(header) != 2 or ADDED.match(lines[0]) or of_videos <= 0.5 * len(rows):
        return False
    return "video" in header[0].lower() or mixed > 0.5 * len(rows)


def is_history(value: Any) -> bool:
    """Whether the start of a JSON document is a watch history."""
    entry = value[0] if isinstance(value, list) and value else None
    return isinstance(entry, dict) and {"header", "title", "time", "products"} <= set(entry)


def read_youtube_songs(stream: OpenFile, _settings: ExtractSettings) -> Iterator[Record]:
    """Yield the songs of a library, which is one playlist, named after the file.

    Raises:
        SourceError: the first line is not the header of a song library, or a quoted field does not end.
    """
    playlist = PurePosixPath(stream.file.name).stem
    for number, line, found in _songs(stream):
        if isinstance(found, str):
            yield number, line, found
        else:
            uri, artist, title, album = found
            row = Row("", playlist, stream.file.place, artist=artist, title=title, uri=uri)
            yield number, line, row._replace(album=album)


def read_youtube_playlist(stream: OpenFile, settings: ExtractSettings) -> Iterator[Record]:
    """Yield the videos of a file, which is one playlist.

    Raises:
        SourceError: a quoted field does not end, or the song library of the same export is damaged.
    """
    names: dict[str, tuple[str, str, str | None]] = {}
    if (library := _song_library(stream.file)) is not None:
        with library.open(settings.encoding, settings.bad_bytes == "replace") as songs:
            found = (song for _, _, song in _songs(songs) if not isinstance(song, str))
            names = {uri: (artist, title, album) for uri, artist, title, album in found}
    playlist = PurePosixPath(stream.file.name).stem.removesuffix("-videos")
    old, begun = False, False  # whether a table about the playlist comes first; whether a video was read
    for at, (number, line, fields) in enumerate(read_fields(stream, ",")):
        old = old or (at == 0 and line.startswith(OLD_HEADERS))
        is_video = len(fields) == 2 and VIDEO_ID.fullmatch(fields[0].strip()) is not None
        if is_video:
            uri = YOUTUBE + fields[0].strip()
            artist, title, album = names.get(uri, ("", uri, None))
            row = Row("", playlist, stream.file.place, artist=artist, title=title, uri=uri)
            yield number, line, row._replace(album=album)
        elif begun or not (at == 0 or old):
            yield number, line, fields if isinstance(fields, str) else "not the id of a video"
        begun = begun or is_video or (old and len(fields) == 2)


def read_youtube_history(stream: OpenFile, settings: ExtractSettings) -> Iterator[Record]:
    """Yield the plays of YouTube Music, split into sessions.

    Raises:
        SourceError: the file is not a watch history.
    """
    content = read_document(stream, "a watch history of YouTube")
    if not isinstance(content, list):
        raise FormatError(f"{stream.file.display_name} is not a watch history of YouTube: it is not a list")
    plays = ((number, raw_record(entry), _play(entry)) for number, entry in enumerate(content, 1))
    return split_into_sessions(plays, stream, settings)


def _songs(stream: OpenFile) -> Iterator[tuple[int, str, Song | str]]:
    """For each song, yield its line number, its line, and either the song or the reason to reject it."""
    width = 0
    for number, line, fields in read_fields(stream, ","):
        if not width:
            if isinstance(fields, str) or not is_songs([line]):
                name = stream.file.display_name
                raise FormatError(f"{name} is not a song library of YouTube Music: its first line is not the header")
            width = len(fields)
        elif isinstance(fields, str) or not 3 < len(fields) <= width:
            yield number, line, fields if isinstance(fields, str) else wrong_width(fields, width)
        else:
            uri = YOUTUBE + fields[0] if VIDEO_ID.fullmatch(fields[0]) else service_uri(fields[0])
            artists = ", ".join(name.strip() for name in fields[3:] if name.strip())
            song = (uri, artists, fields[1], album_of(fields[2])) if uri else None
            yield number, line, song or "neither the id nor the link of a video"


def _song_library(file: SourceFile) -> SourceFile | None:
    """Return the song library from the export that contains a playlist file, or None if the library is missing."""
    places = (f"{folder}/{name}".lstrip("/") for folder in SONG_FOLDERS for name in SONG_LIBRARIES)
    return next((found for place in places if (found := file.sibling(place))), None)


def _play(entry: Any) -> Play | LeftOut | str:
    """Convert an entry of a history to a play, or return the reason for leaving out or rejecting the entry."""
    if not isinstance(entry, dict):
        return "an entry that is not a JSON object"
    if entry.get("header") != MUSIC:
        return VIDEO
    if entry.get("details"):
        return ADVERTISEMENT
    title, link, time, channels = (entry.get(name) for name in ("title", "titleUrl", "time", "subtitles"))
    channel = channels[0] if isinstance(channels, list) and channels else {}
    artist = channel.get("name", "") if isinstance(channel, dict) else None
    if not isinstance(title, str) or not isinstance(artist, str):
        return NAME_NOT_TEXT
    began = seconds_since_1970(time) if isinstance(time, str) else None
    if began is None:
        return NO_TIME
    uri = service_uri(link) if isinstance(link, str) else None
    watched = WATCHED.fullmatch(title)
    if watched is None:
        return "a title in a language that sgp does not know: export in English"
    name = next(part for part in watched.groups() if part is not None)
    if uri is None or service_uri(name) == uri:
        return "a deleted video without a name"
    return Play("", artist.removesuffix(TOPIC), name, uri, began=began, ended=began)
