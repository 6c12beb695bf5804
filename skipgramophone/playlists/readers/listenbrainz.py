"""Listens of ListenBrainz, one JSON object per line.

    {"listened_at": 1622541600, "user_name": "...", "track_metadata": {"artist_name": "...", "track_name": "...", ...

Most listens have no MusicBrainz id, so artist and title identify a track.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from skipgramophone.playlists.readers.documents import objects_in, text_fields
from skipgramophone.playlists.readers.histories import NO_TIME, Play, PlayRecord, split_into_sessions
from skipgramophone.playlists.readers.lines import numbered_lines
from skipgramophone.playlists.readers.rows import NAME_NOT_TEXT, Record
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.settings import ExtractSettings


def read_listenbrainz(stream: OpenFile, settings: ExtractSettings) -> Iterator[Record]:
    """Yield the listens of a file, in sessions."""
    return split_into_sessions(_plays(stream), stream, settings)


def _plays(stream: OpenFile) -> Iterator[PlayRecord]:
    """Yield the listens in the order of the file."""
    for number, line, found in objects_in(numbered_lines(stream)):
        yield number, line, found if isinstance(found, str) else _play(found)


def _play(listen: dict[str, Any]) -> Play | str:
    """Return a listen as a play, or the reason for rejecting it."""
    time, track = listen.get("listened_at"), listen.get("track_metadata")
    if type(time) is not int or not 0 <= time < 1 << 34:
        return NO_TIME
    if not isinstance(track, dict):
        return "no track_metadata"
    names, listener = text_fields(track, "artist_name", "track_name"), text_fields(listen, "user_name")
    if names is None or listener is None:
        return NAME_NOT_TEXT
    return Play(listener[0], names[0], names[1], None, began=time, ended=time)
