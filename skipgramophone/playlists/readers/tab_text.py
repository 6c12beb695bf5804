"""Read playlists that rekordbox and iTunes export as text: a table with tabs, often in UTF-16.

    #   Artwork   Track Title   Artist   Album ...      rekordbox
    Name   Artist   Composer   Album ...                iTunes

A file is one playlist, named after the file. Quotes are part of names. Apple Music leaves out the last field of a track
without a location, together with its tab.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from skipgramophone.errors import FormatError
from skipgramophone.playlists.readers.albums import album_of
from skipgramophone.playlists.readers.lines import whole_bytes, whole_text
from skipgramophone.playlists.readers.rows import Record, Row
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.playlists.readers.tables import REPEATED, repeats_header, wrong_width
from skipgramophone.settings import ExtractSettings

LARGEST = 64 << 20  # maximum size in bytes of a text export
# First columns of iTunes and Apple Music, in several languages, and names of the column with the album.
ITUNES = (
    ("Name", "Artist", "Composer"), ("Name", "Interpret", "Komponist"), ("Nom", "Artiste", "Compositeur"),
    ("Nombre", "Artista", "Compositor"), ("Nome", "Artista", "Compositore"), ("Nome", "Artista", "Compositor"),
    ("Naam", "Artiest", "Componist"), ("Namn", "Artist", "Kompositör"),
)  # fmt: skip
ALBUM = ("Album", "Álbum")
LINE_END = re.compile("\r\n|\r|\n")


def is_tab_text(head: bytes) -> bool:
    """Whether the first bytes of a file are the header of a text export of rekordbox or iTunes."""
    header = LINE_END.split(head[: 1 << 12].decode("utf-8", "replace"), maxsplit=1)[0]
    return _title_column(header.removeprefix("\ufeff").split("\t")) is not None


def read_tab_text(stream: OpenFile, _settings: ExtractSettings) -> Iterator[Record]:
    """Yield the tracks of a file, which is one playlist.

    Raises:
        SourceError: the header is not that of rekordbox or iTunes, or the file is damaged or too large for a playlist.
    """
    lines = LINE_END.split(whole_text(stream, whole_bytes(stream, LARGEST)))
    header = lines[0].split("\t")
    title = _title_column(header)
    if title is None:
        raise FormatError(
            f"{stream.file.display_name} is not a text export of rekordbox or iTunes: "
            "its first line needs the columns 'Track Title' and 'Artist' (rekordbox), or 'Name', 'Artist' and "
            "'Composer' (iTunes)"
        )
    is_itunes = tuple(header[:3]) in ITUNES
    artist = 1 if is_itunes else header.index("Artist")
    album_at = next((header.index(name) for name in ALBUM if name in header), None)
    playlist = PurePosixPath(stream.file.name).stem
    for number, line in enumerate(lines[1:], 2):
        fields = line.split("\t")
        if is_itunes and len(fields) == len(header) - 1:
            fields.append("")
        if not line.strip():
            if number < len(lines):
                yield number, line, "blank line"
        elif len(fields) != len(header):
            yield number, line, wrong_width(fields, len(header))
        elif repeats_header(fields, header):
            yield number, line, REPEATED
        else:
            names = fields[artist], fields[title]
            album = None if album_at is None else album_of(fields[album_at])
            yield number, line, Row("", playlist, stream.file.place, *names)._replace(album=album)


def _title_column(header: Sequence[str]) -> int | None:
    """Return the index of the column of titles; None if this is not the header of rekordbox or iTunes."""
    if {"Track Title", "Artist"} <= set(header):
        return header.index("Track Title")
    return 0 if tuple(header[:3]) in ITUNES else None
