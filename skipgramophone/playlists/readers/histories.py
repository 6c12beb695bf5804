"""Convert listening histories to playlists: sort plays by time, and split them into sessions at pauses.

Each session is a playlist, named by the minute at which it starts (UTC). Its owner is the listener, if known. Plays
with equal times keep the order of the file, or get the reverse order if the file starts with the newest play.

Two files never share a session, unless they are parts of one history. If they are, a session can continue in the next
part.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import NamedTuple

from skipgramophone.playlists.readers.named_months import seconds_of_named_month
from skipgramophone.playlists.readers.numeric_dates import DateOrder, seconds_of_numeric_date
from skipgramophone.playlists.readers.numeric_times import LATEST, NUMBER, seconds_of_number
from skipgramophone.playlists.readers.rows import LeftOut, RawRecord, Record, Row
from skipgramophone.playlists.readers.source_files import OpenFile, SourceFile
from skipgramophone.settings import ALL_ROWS, ExtractSettings, seconds_of

NO_TIME = "no valid timestamp"
NO_TABLE_TIME = f"{NO_TIME} (ISO 8601, such as 2024-02-01T10:00:00, or seconds since 1970)"  # in any table
UTC_NAME = re.compile(r"(?<=\d)(?: ([-+]\d\d:?\d\d))?(?: (?:UTC|GMT))?$")  # "2024-02-01 10:00:00 +0000 UTC"

EPISODE = "a podcast episode"
SKIP = "played for 0 ms"


class Play(NamedTuple):
    """One play of a track."""

    listener: str
    artist: str
    title: str
    uri: str | None
    began: float  # seconds since 1970, UTC
    ended: float  # equal to `began` if only one time is known
    identifiers: str | None = None  # see `names.identifiers.joined`
    album: str | None = None


Part = tuple[Hashable, tuple[int, ...]]  # id of a history, and sort key of the file among its parts
Sessions = dict[str, tuple[float, str, str]]  # listener -> end of the last play, name and key of its session
# Line number, raw record, and one of: the play, the reason to leave the record out, the reason to reject it (text).
PlayRecord = tuple[int, RawRecord, Play | LeftOut | str]


def link_parts(files: Sequence[SourceFile], part_of: Callable[[SourceFile], Part | None]) -> list[SourceFile]:
    """Sort the parts of each listening history, and let a session continue in the next part.

    For this purpose, all parts of a history get the same object `sessions`.

    Args:
        files: all files; files that are not part of a history keep their position.
        part_of: returns the history and the sort key of a file, or None if it is not part of a history.
    """
    # History -> sort key of each part, and its index in `files`.
    parts: dict[Hashable, list[tuple[tuple[int, ...], int]]] = {}
    for at, file in enumerate(files):
        if found := part_of(file):
            history, position = found
            parts.setdefault(history, []).append((position, at))
    arranged = list(files)
    for linked in parts.values():
        sessions: Sessions = {}
        for place_of_part, (_, at) in zip(sorted(at for _, at in linked), sorted(linked), strict=True):
            arranged[place_of_part] = replace(files[at], sessions=sessions)
    return arranged


def split_into_sessions(plays: Iterable[PlayRecord], stream: OpenFile, settings: ExtractSettings) -> Iterator[Record]:
    """Yield rejected and left-out plays, then all other plays sorted by time, as rows whose playlists are sessions."""
    kept: list[tuple[int, RawRecord, Play]] = []
    for number, text, found in plays if settings.num_rows == ALL_ROWS else islice(plays, settings.num_rows):
        if not isinstance(found, Play):
            yield number, text, found
        elif not EARLIEST <= found.began <= found.ended <= LATEST:
            yield number, text, NO_TIME
        else:
            kept.append((number, text, found))
    if kept and kept[0][2].ended > kept[-1][2].ended:
        kept.reverse()
    kept.sort(key=lambda record: record[2].ended)
    gap, period = seconds_of(settings.session_gap), settings.period
    last: Sessions = {} if stream.file.sessions is None else stream.file.sessions
    begun: set[str] = set()  # listeners who have a play in this file so far
    for at, (number, text, play) in enumerate(kept):
        if period and (reason := period.reason_outside(play.ended)):
            yield number, text, LeftOut(reason)
            continue
        ended, name, key = last.get(play.listener, (float("-inf"), "", ""))
        # If a part of a history begins before the previous part ends, it does not continue the sessions of that part.
        continues = play.listener in begun or play.ended >= ended
        begun.add(play.listener)
        if not key or play.began - ended > gap or not continues:
            name, key = minute_of(play.began), f"{stream.file.place}\0{at}"
        last[play.listener] = play.ended, name, key
        row = Row(play.listener, name, key, artist=play.artist, title=play.title, uri=play.uri)
        yield number, text, row._replace(identifiers=play.identifiers, album=play.album, added=play.ended)


def minute_of(seconds: float) -> str:
    """Return the name of a session that starts at a time, given in seconds since 1970.

    >>> minute_of(1622541600)
    '2021-06-01 10:00'
    """
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")


def seconds_since_1970(text: str, order: DateOrder = "") -> float | None:
    """Convert a time (ISO 8601, or seconds or milliseconds since 1970) to seconds since 1970; None if invalid.

    A time without a time zone is in UTC. Three more forms are read: other numbers (see `numeric_times`), dates with the
    English name of a month (see `named_months`), and dates such as 31.12.2023 (see `numeric_dates`).

    Args:
        text: the time.
        order: how dates are written; see `DateOrder`. A date such as 01/02/2024 is invalid if `order` does not say
            which part comes first.

    >>> seconds_since_1970("2021-06-01T10:00:00Z"), seconds_since_1970("1622541600"), seconds_since_1970("soon")
    (1622541600.0, 1622541600.0, None)
    """
    text = text.strip()  # `float` does not ignore all the white space that `strip` removes
    if NUMBER.fullmatch(text):
        return seconds_of_number(text, order == "digits")
    try:
        time = datetime.fromisoformat(UTC_NAME.sub(r"\1", text))
    except ValueError:
        named = seconds_of_named_month(text)
        return seconds_of_numeric_date(text, order) if named is None else named
    return time.replace(tzinfo=time.tzinfo or UTC).timestamp()


EARLIEST = -62_135_596_800.0  # the year 1 in seconds since 1970
