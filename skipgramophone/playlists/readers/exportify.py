"""CSV files of Exportify, a playlist each: its name is the file's. The columns of 2020 and of 2026 are read.

    Track URI, Track Name, Artist Name, ...          2020
    Track URI, Track Name, Artist Name(s), ...       2026, artists apart by semicolons

A local file has a uri that nobody else has, so that artist and title are what it goes by.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from skipgramophone.errors import SourceError
from skipgramophone.playlists.readers.rows import Record, Row
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.playlists.readers.tables import fields_of, read_fields, wrong_width
from skipgramophone.settings import ExtractSettings

URI, TITLE = "Track URI", "Track Name"
ARTISTS = ("Artist Name(s)", "Artist Name")
LOCAL = "spotify:local:"


def is_header(line: str) -> bool:
    """Whether a line names the columns of an Exportify file."""
    return _are_columns(fields_of(line))


def read_exportify(stream: OpenFile, _settings: ExtractSettings) -> Iterator[Record]:
    """Deliver the tracks of the playlist that a file is.

    Raises:
        SourceError: the first line names no columns of Exportify, or a quoted field does not end.
    """
    playlist = PurePosixPath(stream.file.name).name.removesuffix(".csv")
    header: Sequence[str] = ()
    for number, line, fields in read_fields(stream, ","):
        if not header:
            if not _are_columns(fields):
                raise SourceError(
                    f"{stream.file.display_name} is no file of Exportify: its first line names no {URI}, {TITLE}"
                )
            header = fields
            artist_at = next(header.index(name) for name in ARTISTS if name in header)
        elif isinstance(fields, str) or len(fields) != len(header):
            yield number, line, fields if isinstance(fields, str) else wrong_width(fields, len(header))
        else:
            uri, artist, title = fields[header.index(URI)], fields[artist_at], fields[header.index(TITLE)]
            known = None if not uri or uri.startswith(LOCAL) else uri
            yield number, line, Row("", playlist, stream.file.place, artist.replace(";", ", "), title, known)


def _are_columns(fields: Sequence[str]) -> bool:
    """Whether these are columns of an Exportify file."""
    return URI in fields and TITLE in fields and any(name in fields for name in ARTISTS)
