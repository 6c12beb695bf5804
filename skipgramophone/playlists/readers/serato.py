"""Read the history of Serato as CSV: each session is a playlist.

    "name","artist","start time","end time","playtime","deck","notes"
    "4/9/22","","4/9/22, 7:55:45 PM PDT","4/10/22, 0:20:16 AM PDT","04:24:31","",""        the session
    "Paper Boats","Nell Quay","7:55:45 PM PDT","7:58:06 PM PDT","00:02:21","1",""           its tracks

Users choose the columns, so only the name and the times of a row are always there. The row of a session is not a track:
it names the playlist. It has no artist and no deck, and its date is in its start time or at the start of its name.
Tracks above the first session are a playlist named after the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from skipgramophone.playlists.readers.albums import album_of
from skipgramophone.playlists.readers.rows import LeftOut, Record, Row
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.playlists.readers.tables import fields_of, read_named_fields
from skipgramophone.settings import ExtractSettings

COLUMNS = ("name", "start time", "end time", "playtime")
ARTIST, DECK, ALBUM = "artist", "deck", "album"
DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}")
SESSION = LeftOut("rows of sessions")


def is_serato(lines: Sequence[str]) -> bool:
    """Whether the first line is the header of a history of Serato."""
    return set(COLUMNS) <= set(fields_of(lines[0]))


def read_serato(stream: OpenFile, _settings: ExtractSettings) -> Iterator[Record]:
    """Yield the tracks of each session.

    Raises:
        SourceError: the header lacks a required column, or a quoted field does not end.
    """
    playlist, sessions = PurePosixPath(stream.file.name).stem, 0
    for number, line, fields in read_named_fields(stream, COLUMNS, "a history of Serato", ","):
        if isinstance(fields, str):
            yield number, line, fields
        elif _is_session(fields):
            playlist, sessions = fields["name"].strip(), sessions + 1
            yield number, line, SESSION
        else:
            names = fields.get(ARTIST, ""), fields["name"]
            row = Row("", playlist, f"{stream.file.place}\0{sessions}", *names)
            yield number, line, row._replace(album=album_of(fields.get(ALBUM)))


def _is_session(fields: Mapping[str, str]) -> bool:
    """Whether a row describes a session."""
    has_date = DATE.search(fields["start time"]) is not None or DATE.match(fields["name"].strip()) is not None
    return has_date and not fields.get(ARTIST, "").strip() and not fields.get(DECK, "").strip()
