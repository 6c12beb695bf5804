"""Read CSV files of Exportify: one playlist per file, named after the file. Three layouts are supported.

    Track URI, Track Name, Artist Name, ...          2020
    Spotify ID, Artist IDs, Track Name, Album Name, Artist Name(s), ...     2023, artists separated by commas
    Track URI, Track Name, Artist Name(s), ...       2026, artists separated by semicolons

The uri of a local file is ignored, because no other user has the same uri; artist and title identify such a track.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from skipgramophone.errors import FormatError
from skipgramophone.names.identifiers import joined, labelled
from skipgramophone.playlists.column_names import columns_by_role
from skipgramophone.playlists.readers.albums import album_of
from skipgramophone.playlists.readers.histories import seconds_since_1970
from skipgramophone.playlists.readers.rows import Record, Row
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.playlists.readers.tables import REPEATED, fields_of, read_fields, repeats_header, wrong_width
from skipgramophone.settings import ExtractSettings

URI, ID, TITLE, ISRC = "Track URI", "Spotify ID", "Track Name", "ISRC"
ADDED, ALBUM = "Added At", "Album Name"
ARTISTS = ("Artist Name(s)", "Artist Name")
LOCAL = "spotify:local:"


def is_header(line: str) -> bool:
    """Whether a line is the header of an Exportify file, which has no column for playlists."""
    fields = fields_of(line)
    return _are_columns(fields) and not columns_by_role(fields).keys() & {"playlist", "id"}


def read_exportify(stream: OpenFile, _settings: ExtractSettings) -> Iterator[Record]:
    """Yield the tracks of a file, which is one playlist.

    Raises:
        SourceError: the first line is not an Exportify header, or a quoted field does not end.
    """
    playlist = PurePosixPath(stream.file.name).name.removesuffix(".csv")
    header: Sequence[str] = ()
    for number, line, fields in read_fields(stream, ","):
        if not header:
            if not _are_columns(fields):
                raise FormatError(
                    f"{stream.file.display_name} is not an Exportify file: "
                    f"its first line needs the columns {URI}, {TITLE} and {ARTISTS[0]}"
                )
            header = fields
            artist_at = next(header.index(name) for name in ARTISTS if name in header)
        elif isinstance(fields, str) or len(fields) != len(header):
            yield number, line, fields if isinstance(fields, str) else wrong_width(fields, len(header))
        elif repeats_header(fields, header):
            yield number, line, REPEATED
        else:
            artist, title = fields[artist_at], fields[header.index(TITLE)]
            uri = fields[header.index(URI)] if URI in header else _uri_of(fields[header.index(ID)])
            known = None if not uri or uri.startswith(LOCAL) else uri
            row = Row("", playlist, stream.file.place, artist=artist.replace(";", ", "), title=title, uri=known)
            isrc = labelled("isrc", fields[header.index(ISRC)]) if ISRC in header else ""
            added = seconds_since_1970(fields[header.index(ADDED)]) if ADDED in header else None
            album = album_of(fields[header.index(ALBUM)]) if ALBUM in header else None
            yield number, line, row._replace(identifiers=joined([isrc]), album=album, added=added)


def _are_columns(fields: Sequence[str]) -> bool:
    """Whether these are the columns of an Exportify file."""
    identified = URI in fields or ID in fields
    return identified and TITLE in fields and any(name in fields for name in ARTISTS)


def _uri_of(track_id: str) -> str:
    """Return the uri of the track with an id; for a local file, which has no id, the uri is empty."""
    return f"spotify:track:{track_id}" if track_id else ""
