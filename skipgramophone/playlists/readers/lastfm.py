"""Read scrobbles of Last.fm, in the CSV layouts of three export tools.

    Biome,UNITY,Unity,20 Nov 2020 09:35                            artist, album, title, time; no header
    ,artist,album,track,timestamp,datetime
    uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid

A track that was playing during the export has no time and is rejected.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from skipgramophone.playlists.readers.histories import (
    NO_TIME,
    Play,
    PlayRecord,
    seconds_since_1970,
    split_into_sessions,
)
from skipgramophone.playlists.readers.rows import Record
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.playlists.readers.tables import fields_of, read_fields, wrong_width
from skipgramophone.settings import ExtractSettings

HEADERS = (
    ("", "artist", "album", "track", "timestamp", "datetime"),
    ("uts", "utc_time", "artist", "artist_mbid", "album", "album_mbid", "track", "track_mbid"),
)
HEADERLESS = ("artist", "album", "track", "date")
TIMES = {"timestamp", "uts", "date"}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def is_lastfm(lines: Sequence[str]) -> bool:
    """Whether the first lines of a file have one of the three layouts.

    Without a header, a file is recognized only by dates in the form of Last.fm, because other tables have times too.
    """
    rows = [fields_of(line) for line in lines[:20]]
    if tuple(rows[0]) in HEADERS:
        return True
    dated = [len(row) == len(HEADERLESS) and (not row[3] or _seconds_of_date(row[3]) is not None) for row in rows]
    return all(dated) and any(row[3] for row in rows)


def read_lastfm(stream: OpenFile, settings: ExtractSettings) -> Iterator[Record]:
    """Yield the scrobbles of a file, in sessions."""
    return split_into_sessions(_plays(stream), stream, settings)


def _plays(stream: OpenFile) -> Iterator[PlayRecord]:
    """Yield the scrobbles in the order of the file."""
    columns: tuple[str, ...] = ()
    for number, line, fields in read_fields(stream):
        if not columns and not isinstance(fields, str):
            columns = tuple(fields) if tuple(fields) in HEADERS else HEADERLESS
            if columns != HEADERLESS:
                continue
        if isinstance(fields, str) or len(fields) != len(columns):
            yield number, line, fields if isinstance(fields, str) else wrong_width(fields, len(columns))
            continue
        named = dict(zip(columns, fields, strict=True))
        time = _seconds(next(named[name] for name in TIMES if name in named))
        if time is None:
            yield number, line, NO_TIME
        else:
            yield number, line, Play("", named["artist"], named["track"], None, began=time, ended=time)


def _seconds(text: str) -> float | None:
    """Convert a timestamp or a date of Last.fm to seconds since 1970; None if invalid."""
    found = _seconds_of_date(text)
    return seconds_since_1970(text) if found is None else found


def _seconds_of_date(text: str) -> float | None:
    """Convert a date such as 20 Nov 2020 09:35 to seconds since 1970, regardless of the locale; None if invalid."""
    words = text.replace(":", " ").replace(",", " ").split()
    if len(words) != 5 or words[1] not in MONTHS:
        return None
    try:
        day, year, hour, minute = (int(words[at]) for at in (0, 2, 3, 4))
        month = MONTHS.index(words[1]) + 1
        return datetime(year, month, day, hour=hour, minute=minute, tzinfo=UTC).timestamp()
    except (ValueError, OverflowError):
        return None
