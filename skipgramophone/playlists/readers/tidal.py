"""Read streaming.csv, the listening history in Tidal's privacy export, and split it into sessions.

    artist_name,track_title,entry_date,stream_duration_ms,product_type,...,time_zone
    Ada Fenn,Green Door,08/03/2022 19:01,270000.0,TRACK,...,America/Toronto

A date is the start of a play in the time zone of its row. If the system does not know the zone, the date is read
as UTC. Plays of 0 ms are skips, which are rejected by default.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from skipgramophone.playlists.readers.histories import (
    NO_TIME,
    SKIP,
    Play,
    PlayRecord,
    split_into_sessions,
)
from skipgramophone.playlists.readers.rows import LeftOut, Record
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.playlists.readers.tables import fields_of, read_named_fields
from skipgramophone.settings import ExtractSettings

COLUMNS = ("artist_name", "track_title", "entry_date", "stream_duration_ms", "product_type")
TRACK = "TRACK"
KNOWN_ZONES = 1024  # maximum number of time zones to cache, because a file may contain any number of invalid names
OTHER = LeftOut("plays of videos and other products")
DAY_FIRST = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}) (\d{1,2}):(\d\d)(?::(\d\d))?", re.ASCII)
ZONE = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+){0,2}")  # a path with many parts would recurse too deeply


def is_tidal(lines: Sequence[str]) -> bool:
    """Whether the first line is the header of a listening history of Tidal."""
    return set(COLUMNS) <= set(fields_of(lines[0]))


def read_tidal(stream: OpenFile, settings: ExtractSettings) -> Iterator[Record]:
    """Yield the plays of a history, split into sessions.

    Raises:
        SourceError: the header lacks a required column, or a quoted field does not end.
    """
    return split_into_sessions(_plays(stream, settings), stream, settings)


def _plays(stream: OpenFile, settings: ExtractSettings) -> Iterator[PlayRecord]:
    """Yield the plays in the order of the file."""
    for number, line, fields in read_named_fields(stream, COLUMNS, "a listening history of Tidal", ","):
        if isinstance(fields, str):
            yield number, line, fields
        elif fields["product_type"].strip().upper() != TRACK:
            yield number, line, OTHER
        else:
            yield number, line, _play(fields, "skips" in (settings.keep or ()))


def _play(fields: Mapping[str, str], keeps_skips: bool) -> Play | str:
    """Convert a row to a play, or return the reason for rejecting it."""
    began, lasted = _seconds(fields["entry_date"].strip(), fields.get("time_zone", "")), _lasted(fields)
    if began is None:
        return NO_TIME
    if lasted == 0 and not keeps_skips:
        return SKIP
    return Play("", fields["artist_name"], fields["track_title"], None, began=began, ended=began + (lasted or 0.0))


def _lasted(fields: Mapping[str, str]) -> float | None:
    """Return the duration of a play in seconds, or None if it is not known."""
    try:
        milliseconds = float(fields["stream_duration_ms"])
    except ValueError:
        return None
    return milliseconds / 1000 if math.isfinite(milliseconds) and milliseconds >= 0 else None


def _seconds(date: str, zone: str) -> float | None:
    """Convert a date such as 08/03/2022 19:01, or in ISO 8601, to seconds since 1970; None if it is not valid."""
    try:
        if found := DAY_FIRST.fullmatch(date):
            day, month, year, hour, minute, second = (int(number or 0) for number in found.groups())
            time = datetime(year, month, day, hour, minute=minute, second=second)
        else:
            time = datetime.fromisoformat(date)
        return time.replace(tzinfo=time.tzinfo or _zone(zone.strip())).timestamp()
    except (ValueError, OverflowError):
        return None


@lru_cache(KNOWN_ZONES)
def _zone(name: str) -> tzinfo:
    """Return a time zone, or UTC if the system does not know this name."""
    try:
        return ZoneInfo(name) if ZONE.fullmatch(name) else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC
