"""Listens of ListenBrainz, a JSON object a line.

    {"listened_at": 1622541600, "user_name": "...", "track_metadata": {"artist_name": "...", "track_name": "...", ...

Most listens have no MusicBrainz id, so that a track is its artist and title.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from skipgramophone.playlists.readers.documents import objects_in, text_fields
from skipgramophone.playlists.readers.histories import NAME_NOT_TEXT, NO_TIME, Play, PlayRecord, split_into_sessions
from skipgramophone.playlists.readers.lines import numbered_lines
from skipgramophone.playlists.readers.rows import Record
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.settings import ExtractSettings


def read_listenbrainz(stream: OpenFile, settings: ExtractSettings) -> Iterator[Record]:
    """Deliver the listens of a file, in sessions."""
    return split_into_sessions(_plays(stream), stream, settings)


def _plays(stream: OpenFile) -> Iterator[PlayRecord]:
    """The listens as they stand."""
    for number, line, found in objects_in(numbered_lines(stream)):
        yield number, line, found if isinstance(found, str) else _play(found)


def _play(listen: dict[str, Any]) -> Play | str:
    """A listen, or why it is none."""
    time, track = listen.get("listened_at"), listen.get("track_metadata")
    if type(time) is not int or not 0 <= time < 1 << 34:
        return NO_TIME
    if not isinstance(track, dict):
        return "no track_metadata"
    names, listener = text_fields(track, "artist_name", "track_name"), text_fields(listen, "user_name")
    if names is None or listener is None:
        return NAME_NOT_TEXT
    return Play(listener[0], names[0], names[1], None, time, time)
