"""Read the log of scrobbles of portable players, such as `.scrobbler.log` of Rockbox: plays, split into sessions.

    #AUDIOSCROBBLER/1.1
    #TZ/UTC
    Nell Quay   Boats   Paper Boats   3   292   L   1706745600   (MusicBrainz id of the recording)

The fields are separated by tabs: artist, album, title, number of the track, duration in seconds, L (listened) or S
(skipped), start in seconds since 1970, and perhaps the MusicBrainz id. If the time zone is unknown, the times are read
as UTC.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from skipgramophone.names.identifiers import joined, labelled
from skipgramophone.playlists.readers.albums import album_of
from skipgramophone.playlists.readers.durations import whole_seconds
from skipgramophone.playlists.readers.histories import (
    NO_TIME,
    Play,
    PlayRecord,
    seconds_since_1970,
    split_into_sessions,
)
from skipgramophone.playlists.readers.lines import numbered_lines
from skipgramophone.playlists.readers.rows import Record
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.playlists.readers.tables import wrong_width
from skipgramophone.settings import ExtractSettings

FIRST_LINE = "#AUDIOSCROBBLER/1."
FIELDS = 8
SKIPPED = "skipped while it was played"


def is_scrobbler_log(lines: Sequence[str]) -> bool:
    """Whether the first line is that of a log of scrobbles."""
    return lines[0].startswith(FIRST_LINE)


def read_scrobbler_log(stream: OpenFile, settings: ExtractSettings) -> Iterator[Record]:
    """Yield the plays of a file, split into sessions."""
    return split_into_sessions(_plays(stream, keeps_skips="skips" in (settings.keep or ())), stream, settings)


def _plays(stream: OpenFile, keeps_skips: bool) -> Iterator[PlayRecord]:
    """Yield the plays in the order of the file, without the lines that begin with #."""
    for number, line, fault in numbered_lines(stream):
        fields = line.split("\t")
        if fault or not line.strip():
            yield number, line, fault or "blank line"
        elif line.startswith("#"):
            continue
        elif len(fields) not in (FIELDS - 1, FIELDS):
            yield number, line, wrong_width(fields, FIELDS)
        elif fields[5] == "S" and not keeps_skips:
            yield number, line, SKIPPED
        elif (began := seconds_since_1970(fields[6])) is None:
            yield number, line, NO_TIME
        else:
            artist, album, title = fields[:3]
            ended = began if fields[5] == "S" else began + (whole_seconds(fields[4]) or 0)
            found = joined([labelled("mbid", fields[7].strip())]) if len(fields) == FIELDS else None
            play = Play("", artist, title, None, began=began, ended=ended, identifiers=found)
            yield number, line, play._replace(album=album_of(album))
