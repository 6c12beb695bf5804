"""Read listens of ListenBrainz: JSON lines, or one JSON array.

    {"listened_at": 1622541600, "user_name": "...", "track_metadata": {"artist_name": "...", "track_name": "...", ...

ListenBrainz exports a zip archive with one file per month, such as listens/2021/6.jsonl. These files are read as one
history. Earlier exports are one JSON array. Most listens have no MusicBrainz id, so artist and title identify a track.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from skipgramophone.playlists.readers.documents import objects_in, raw_record, read_document, text_fields
from skipgramophone.playlists.readers.histories import NO_TIME, Part, Play, PlayRecord, split_into_sessions
from skipgramophone.playlists.readers.lines import BYTE_ORDER_MARK, numbered_lines
from skipgramophone.playlists.readers.rows import NAME_NOT_TEXT, Record
from skipgramophone.playlists.readers.source_files import OpenFile, SourceFile
from skipgramophone.settings import ExtractSettings

MONTH = re.compile(r"/listens/(\d{4})/(\d{1,2})\.jsonl$")
HEAD_BYTES = 1 << 10


def is_array_of_listens(value: Any) -> bool:
    """Whether the start of a JSON document is an array of listens."""
    listen = value[0] if isinstance(value, list) and value else None
    return isinstance(listen, dict) and {"listened_at", "track_metadata"} <= set(listen)


def part_of_listenbrainz(file: SourceFile) -> Part | None:
    """Return the history of a monthly file, and year and month as sort key; None for other files."""
    found = MONTH.search(f"{file.directory.as_posix()}/{PurePosixPath(file.name).name}")
    return (file.directory.parent, (int(found[1]), int(found[2]))) if found else None


def read_listenbrainz(stream: OpenFile, settings: ExtractSettings) -> Iterator[Record]:
    """Yield the listens of a file, in sessions.

    Raises:
        SourceError: the file begins with a bracket but is not a JSON array.
    """
    return split_into_sessions(_plays(stream), stream, settings)


def _plays(stream: OpenFile) -> Iterator[PlayRecord]:
    """Yield the listens in the order of the file."""
    if stream.peek(HEAD_BYTES).removeprefix(BYTE_ORDER_MARK).lstrip().startswith(b"["):
        for number, listen in enumerate(read_document(stream, "an array of listens of ListenBrainz"), 1):
            yield number, raw_record(listen), _play(listen) if isinstance(listen, dict) else "not a JSON object"
        return
    for number, line, found in objects_in(numbered_lines(stream)):
        yield number, line, found if isinstance(found, str) else _play(found)


def _play(listen: dict[str, Any]) -> Play | str:
    """Convert a record of ListenBrainz to a `Play`, or return the reason for rejecting it."""
    time, track = listen.get("listened_at"), listen.get("track_metadata")
    if type(time) is not int or not 0 <= time < 1 << 34:
        return NO_TIME
    if not isinstance(track, dict):
        return "no track_metadata"
    names, listener = text_fields(track, "artist_name", "track_name"), text_fields(listen, "user_name")
    if names is None or listener is None:
        return NAME_NOT_TEXT
    return Play(listener[0], names[0], names[1], None, began=time, ended=time)
