"""Listening histories: plays in the order of time, split into sessions at pauses.

A session is a playlist. It is named by the minute at which it starts (UTC), and its owner is the listener, if known.
Plays with equal times keep the order of the file, reversed if the file starts with the newest play.

Sessions of two files stay separate. If the files are parts of one history, a session can continue in the next part.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import NamedTuple

from skipgramophone.playlists.readers.rows import LeftOut, RawRecord, Record, Row
from skipgramophone.playlists.readers.source_files import OpenFile, SourceFile
from skipgramophone.settings import ALL_ROWS, ExtractSettings, seconds_of

NO_TIME = "no valid timestamp"

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


Part = tuple[Hashable, tuple[int, ...]]  # a history, and the position of a file in it
Sessions = dict[str, tuple[float, str, str]]  # listener -> end of the last play, name and key of its session
# Line number, raw record, and the play, the reason for leaving it out, or the reason for rejecting it.
PlayRecord = tuple[int, RawRecord, Play | LeftOut | str]


def link_parts(files: Sequence[SourceFile], part_of: Callable[[SourceFile], Part | None]) -> list[SourceFile]:
    """Sort the parts of each listening history among the files, and let them share their sessions.

    Args:
        files: all files; those that are not part of a history keep their places.
        part_of: returns the history of a file and the position of the file in it, or None.
    """
    parts: dict[Hashable, list[tuple[tuple[int, ...], int]]] = {}  # history -> position of a part, its place in `files`
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
    """Yield plays in the order of time, with sessions as playlists."""
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
    gap = seconds_of(settings.session_gap)
    last: Sessions = {} if stream.file.sessions is None else stream.file.sessions
    begun: set[str] = set()  # listeners with a play in this file so far
    for at, (number, text, play) in enumerate(kept):
        ended, name, key = last.get(play.listener, (float("-inf"), "", ""))
        # A part of a history that begins before the previous part ends does not continue its last session.
        continues = play.listener in begun or play.ended >= ended
        begun.add(play.listener)
        if not key or play.began - ended > gap or not continues:
            name, key = minute_of(play.began), f"{stream.file.place}\0{at}"
        last[play.listener] = play.ended, name, key
        yield number, text, Row(play.listener, name, key, artist=play.artist, title=play.title, uri=play.uri)


def minute_of(seconds: float) -> str:
    """Return the name of a session that starts at a time.

    >>> minute_of(1622541600)
    '2021-06-01 10:00'
    """
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")


def seconds_since_1970(text: str) -> float | None:
    """Parse a time: ISO 8601, or seconds or milliseconds since 1970. Without a time zone it is UTC; None if invalid.

    >>> seconds_since_1970("2021-06-01T10:00:00Z"), seconds_since_1970("1622541600"), seconds_since_1970("soon")
    (1622541600.0, 1622541600.0, None)
    """
    if text.strip().isdecimal():
        seconds = float(text)
        seconds = seconds / 1000 if seconds > LATEST else seconds
        return seconds if seconds <= LATEST else None
    try:
        time = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return time.replace(tzinfo=time.tzinfo or UTC).timestamp()


EARLIEST = -62_135_596_800.0  # the year 1
LATEST = 32_503_680_000.0  # the year 3000; a larger number is in milliseconds
