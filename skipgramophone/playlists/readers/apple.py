"""Read the plays in the privacy export of Apple: Apple Music Play Activity.csv, or the daily history.

    Event Type,Event Start Timestamp,Event End Timestamp,Song Name,Container Artist Name,Play Duration Milliseconds,...
    Country,Track Identifier,Media type,Date Played,Hours,Play Duration Milliseconds,...,Track Description

The play activity has one row per event, in more than 100 columns. Exports since 2026 do not contain the artist of the
song. The artist is then looked up by title in the daily history, on the day of the play, the day before and the day
after. If the daily history has only one artist for this title on these three days, this artist is used. Otherwise, the
artist of the played album is used, if known. If the artist of a play is still not known, the play is read with a title
but no artist.

If the same directory has a play activity, the daily history is used only to look up artists. Otherwise, it is read on
its own, and each day is a playlist.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import PurePosixPath

from skipgramophone.names.normalization import identity, split_name
from skipgramophone.playlists.readers.albums import album_of
from skipgramophone.playlists.readers.histories import (
    NO_TIME,
    SKIP,
    Play,
    PlayRecord,
    seconds_since_1970,
    split_into_sessions,
)
from skipgramophone.playlists.readers.rows import LeftOut, Record, Row
from skipgramophone.playlists.readers.source_files import OpenFile, SourceFile
from skipgramophone.playlists.readers.tables import fields_of, read_named_fields
from skipgramophone.settings import ExtractSettings

ACTIVITY_FILE = "Apple Music Play Activity.csv"
DAILY_FILE = "Apple Music - Play History Daily Tracks.csv"
ACTIVITY = ("Song Name", "Event Start Timestamp", "Event End Timestamp", "Play Duration Milliseconds")
DAILY = ("Track Description", "Date Played", "Play Duration Milliseconds")
DAY = 86_400  # seconds
ALBUMS = ("", "ALBUM")  # values of "Container Type"; the artist of such a container is the artist of its songs
NOT_A_PLAY = LeftOut("events other than the end of a play")
VIDEO = LeftOut("videos")
NAMELESS_PLAY = LeftOut("plays without the name of a song")
Artists = dict[tuple[int, str], set[str]]  # (days since 1970, normalized title) -> artists in the daily history


def is_apple_activity(lines: Sequence[str]) -> bool:
    """Whether the first line is the header of a play activity."""
    return set(ACTIVITY) <= _header(lines[0])


def is_apple_daily(lines: Sequence[str]) -> bool:
    """Whether the first line is the header of a daily history."""
    return set(DAILY) <= _header(lines[0])


def is_read_with_activity(file: SourceFile) -> bool:
    """Whether a file is a daily history that is used only to look up artists for the play activity beside it."""
    return PurePosixPath(file.name).name == DAILY_FILE and file.sibling(ACTIVITY_FILE) is not None


def read_apple_activity(stream: OpenFile, settings: ExtractSettings) -> Iterator[Record]:
    """Yield the plays of a play activity, split into sessions.

    Raises:
        SourceError: the header lacks a required column, or a quoted field does not end.
    """
    return split_into_sessions(_plays(stream, settings), stream, settings)


def read_apple_daily(stream: OpenFile, settings: ExtractSettings) -> Iterator[Record]:
    """Yield the tracks of a daily history: each day is one playlist.

    The tracks of a day are sorted by the hour in which each track was first played.

    Raises:
        SourceError: the header lacks a required column, or a quoted field does not end.
    """
    kept: list[tuple[date, int, int, str, Row]] = []
    for at, (number, line, fields) in enumerate(read_named_fields(stream, DAILY, "a daily history of Apple Music")):
        if at == settings.num_rows:
            break
        day = None if isinstance(fields, str) else _day(fields["Date Played"])
        if isinstance(fields, str):
            yield number, line, fields
        elif fields.get("Media type", "").strip().upper() == "VIDEO":
            yield number, line, VIDEO
        elif not fields["Track Description"].strip():
            yield number, line, NAMELESS_PLAY
        elif day is None:
            yield number, line, NO_TIME
        elif _is_skip(fields["Play Duration Milliseconds"], settings):
            yield number, line, SKIP
        else:
            artist, title = split_name(fields["Track Description"])
            hour = _first_hour(fields.get("Hours", ""))
            row = Row("", day.isoformat(), f"{stream.file.place}\0{day}", artist=artist, title=title)
            kept.append((day, hour, number, line, row._replace(added=_days_since_1970(day) * float(DAY))))
    for *_, number, line, row in sorted(kept, key=lambda one: one[:3]):
        yield number, line, row


def _plays(stream: OpenFile, settings: ExtractSettings) -> Iterator[PlayRecord]:
    """Yield the plays of a play activity in the order of the file."""
    artists = _artists_beside(stream, settings)
    for number, line, fields in read_named_fields(stream, ACTIVITY, "a play activity of Apple Music"):
        if isinstance(fields, str):
            yield number, line, fields
            continue
        event, media = (fields.get(name, "").strip().upper() for name in ("Event Type", "Media Type"))
        ends = seconds_since_1970(fields["Event End Timestamp"]), seconds_since_1970(fields["Event Start Timestamp"])
        ended, began = ends[0] if ends[0] is not None else ends[1], ends[1] if ends[1] is not None else ends[0]
        if event not in ("", "PLAY_END"):
            yield number, line, NOT_A_PLAY
        elif media == "VIDEO":
            yield number, line, VIDEO
        elif not fields["Song Name"].strip():
            yield number, line, NAMELESS_PLAY
        elif began is None or ended is None:
            yield number, line, NO_TIME
        elif _is_skip(fields["Play Duration Milliseconds"], settings):
            yield number, line, SKIP
        else:
            artist = _artist(fields, artists, ended)
            play = Play("", artist, fields["Song Name"], None, began=min(began, ended), ended=ended)
            yield number, line, play._replace(album=_album(fields))


def _artist(fields: dict[str, str], artists: Artists, time: float) -> str:
    """Return the artist of a play, or "" if neither its fields nor the daily history show who the artist is."""
    own = fields.get("Artist Name", "").strip()
    if own:
        return own
    title, day = identity(fields["Song Name"]), int(time // DAY)
    near: set[str] = set().union(*(artists.get((day + away, title), ()) for away in (-1, 0, 1)))
    if len(near) == 1:
        return next(iter(near))
    return fields.get("Container Artist Name", "").strip() if _is_of_album(fields) else ""


def _album(fields: dict[str, str]) -> str | None:
    """Return the album of a play, or None if it is not known."""
    own, played = fields.get("Album Name", ""), fields.get("Container Album Name", "")
    return album_of(own.strip() or (played.strip() if _is_of_album(fields) else ""))


def _is_of_album(fields: dict[str, str]) -> bool:
    """Whether a song was played as part of an album, and not of a playlist or a station."""
    return fields.get("Container Type", "").strip().upper() in ALBUMS


def _artists_beside(stream: OpenFile, settings: ExtractSettings) -> Artists:
    """Read the artists of each title and day from the daily history in the same directory, if there is one."""
    found: Artists = defaultdict(set)
    beside = stream.file.sibling(DAILY_FILE)
    if beside is None:
        return found
    with beside.open(settings.encoding, settings.bad_bytes == "replace") as daily:
        for day, artist, title in _days(read_named_fields(daily, DAILY, "a daily history of Apple Music")):
            found[_days_since_1970(day), identity(title)].add(artist)
    return found


def _days(records: Iterable[tuple[int, str, dict[str, str] | str]]) -> Iterator[tuple[date, str, str]]:
    """Yield day, artist and title of each row of a daily history that has all three."""
    for _, _, fields in records:
        if isinstance(fields, dict):
            day, (artist, title) = _day(fields["Date Played"]), split_name(fields["Track Description"])
            if day is not None and artist:
                yield day, artist, title


def _day(text: str) -> date | None:
    """Convert a day such as 20240131 or 2024-01-31 to a date; None if invalid."""
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        return None


def _days_since_1970(day: date) -> int:
    """Return the number of days since 1970."""
    return (day - date(1970, 1, 1)).days


def _first_hour(text: str) -> int:
    """Return the first hour of a list of hours such as "18, 19", or 0 if there is no valid hour.

    >>> _first_hour("18, 19"), _first_hour("")
    (18, 0)
    """
    hour = text.split(",")[0].strip()
    return int(hour) if hour.isdecimal() and len(hour) < 3 else 0


def _is_skip(milliseconds: str, settings: ExtractSettings) -> bool:
    """Whether a play is left out as a skip: it lasted 0 ms, and the setting `keep` does not include skips.

    A play of unknown length is not a skip.
    """
    text = milliseconds.strip()
    lasted = int(text) if text.removeprefix("-").isdecimal() and len(text) < 20 else 1
    return lasted <= 0 and "skips" not in (settings.keep or ())


def _header(line: str) -> set[str]:
    """Return the column names in a comma-separated header."""
    return {name.strip().removeprefix("\ufeff") for name in fields_of(line)}
