"""Read the tracks of Google Play Music, which Google Takeout exported until 2020: one CSV file per track.

    Playlists/Kitchen/Tracks/Paper Boats.csv
    Title,Album,Artist,Duration (ms),Rating,Play Count,Removed,Playlist Index
    "Paper Boats","Boats","Nell Quay","292728","0","1","","7"

The files in a directory `Tracks` are one playlist, named after the directory above, in the order of their "Playlist
Index". Tracks that are in the library but not in a playlist have no such column; they are left out. A file with several
tracks, such as one into which a script has merged the files of a playlist, is a playlist named after the file.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from html import unescape
from itertools import islice
from pathlib import PurePosixPath

from skipgramophone.errors import SourceError
from skipgramophone.playlists.readers.albums import album_of
from skipgramophone.playlists.readers.durations import whole_seconds
from skipgramophone.playlists.readers.histories import Part
from skipgramophone.playlists.readers.rows import LeftOut, Record, Row
from skipgramophone.playlists.readers.source_files import OpenFile, SourceFile
from skipgramophone.playlists.readers.tables import NamedFieldsRecord, fields_of, read_named_fields
from skipgramophone.settings import ExtractSettings

INDEX = "Playlist Index"
COLUMNS = ("Title", "Album", "Artist", "Duration (ms)", "Rating", "Play Count", "Removed")
LARGEST = 1 << 16  # maximum number of bytes that are read from a file to find the index of its track
TRACKS = ("Tracks", "Titel", "Titres", "Pistas", "Faixas", "Brani")  # names of this directory in some languages
NO_PLAYLIST = LeftOut("in the library, not in a playlist")


def is_google_play(lines: Sequence[str]) -> bool:
    """Whether the first line is the header of a track of Google Play Music."""
    return tuple(fields_of(lines[0])[: len(COLUMNS)]) == COLUMNS


def part_of_google_play(file: SourceFile) -> Part | None:
    """Return the directory of a track and its index in the playlist; None for files that are not such tracks."""
    path = PurePosixPath(file.name)
    if path.suffix.lower() != ".csv" or path.parent.name not in TRACKS:
        return None
    try:
        with file.open() as stream:
            rows = list(csv.reader(stream.read(LARGEST).decode("utf-8", "replace").splitlines()))
    except (SourceError, csv.Error):
        return None
    header = [name.removeprefix("\ufeff") for name in rows[0]] if rows else []
    if INDEX not in header or len(rows) < 2 or len(rows[1]) != len(header):
        return None
    index = rows[1][header.index(INDEX)]
    return (str(path.parent), (int(index),)) if index.isdecimal() and len(index) < 10 else None


def read_google_play(stream: OpenFile, _settings: ExtractSettings) -> Iterator[Record]:
    """Yield the tracks of a file.

    Raises:
        SourceError: the header is not that of Google Play Music, or a quoted field does not end.
    """
    records = read_named_fields(stream, COLUMNS, "a track of Google Play Music")
    first = list(islice(records, 2))
    directory = PurePosixPath(stream.file.name).parent
    is_track = len(first) == 1 and directory.name in TRACKS
    playlist = (directory.parent.name or directory.name) if is_track else PurePosixPath(stream.file.name).stem
    key = str(directory) if is_track else stream.file.place
    for record in (*first, *records):
        yield _record_of(record, playlist, key)


def _record_of(record: NamedFieldsRecord, playlist: str, key: str) -> Record:
    """Convert the fields of a track, whose names contain HTML entities, to a row."""
    number, line, fields = record
    if isinstance(fields, str):
        return number, line, fields
    if INDEX not in fields:
        return number, line, NO_PLAYLIST
    row = Row("", playlist, key, artist=unescape(fields["Artist"]), title=unescape(fields["Title"]))
    seconds = whole_seconds(fields["Duration (ms)"], 1000)
    return number, line, row._replace(album=album_of(unescape(fields["Album"])), seconds=seconds)
