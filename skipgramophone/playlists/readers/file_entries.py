"""The entries of a playlist file of a music player: each refers to an audio file, and may have artist and title."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from skipgramophone.names.normalization import split_name
from skipgramophone.playlists.readers.file_locations import location_of, location_of_uri
from skipgramophone.playlists.readers.file_names import FileNames
from skipgramophone.playlists.readers.rows import Record, Row
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.playlists.readers.track_uris import service_uri

FILE_URI = "file:"


class FileEntry(NamedTuple):
    """An entry of a playlist file."""

    line: int
    raw: dict[str, Any]  # the record for reports
    path: str  # path or uri of the audio file
    artist: str = ""
    title: str = ""
    seconds: int | None = None
    album: str | None = None


def records_of(entries: Sequence[FileEntry], stream: OpenFile, playlist: str, owner: str = "") -> Iterator[Record]:
    """Yield the tracks of a file, which is one playlist; a track without a title is named after its audio file.

    Paths are kept as locations and never opened. If an entry is a link to a track of a streaming service, this link is
    read as the uri of the track.
    """
    files = FileNames(entry.path for entry in entries)
    for entry in entries:
        names = (entry.artist, entry.title) if entry.title else split_name(files.name_of(entry.path))
        uri = service_uri(entry.path)
        is_uri = entry.path.lower().startswith(FILE_URI)
        location = None if uri else (location_of_uri if is_uri else location_of)(entry.path, stream.file)
        row = Row(owner, playlist, stream.file.place, *names, uri=uri, location=location)
        yield entry.line, entry.raw, row._replace(seconds=entry.seconds, album=entry.album)
