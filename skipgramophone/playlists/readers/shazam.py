"""Read the library of Shazam, a CSV file: one playlist, named after the file, in the order of the file.

Shazam Library
Index,TagTime,Title,Artist,URL,TrackKey
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from skipgramophone.errors import FormatError
from skipgramophone.playlists.readers.rows import Record, Row
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.playlists.readers.tables import REPEATED, fields_of, read_fields, repeats_header, wrong_width
from skipgramophone.settings import ExtractSettings

FIRST_LINE = "Shazam Library"
COLUMNS = ("Index", "TagTime", "Title", "Artist", "URL", "TrackKey")


def is_shazam(lines: Sequence[str]) -> bool:
    """Whether the first two lines are those of a library of Shazam."""
    return lines[0].strip(' ,"') == FIRST_LINE and len(lines) > 1 and tuple(fields_of(lines[1])) == COLUMNS


def read_shazam(stream: OpenFile, _settings: ExtractSettings) -> Iterator[Record]:
    """Yield the tracks of a file, which is one playlist.

    Raises:
        SourceError: the second line is not the header, or a quoted field does not end.
    """
    playlist = PurePosixPath(stream.file.name).stem
    for at, (number, line, fields) in enumerate(read_fields(stream, ",")):
        if at == 0:
            continue
        if at == 1:
            if tuple(fields) != COLUMNS:
                name = stream.file.display_name
                raise FormatError(
                    f"{name} is not a library export of Shazam: its second line is not {','.join(COLUMNS)}"
                )
        elif isinstance(fields, str) or len(fields) != len(COLUMNS):
            yield number, line, fields if isinstance(fields, str) else wrong_width(fields, len(COLUMNS))
        elif repeats_header(fields, COLUMNS):
            yield number, line, REPEATED
        else:
            yield number, line, Row("", playlist, stream.file.place, artist=fields[3], title=fields[2])
