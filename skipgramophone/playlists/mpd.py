"""Slices of the Million Playlist Dataset (RecSys Challenge 2018): one JSON object with its playlists.

    {"info": {...}, "playlists": [{"name": "...", "pid": 7, "tracks": [
        {"artist_name": "...", "track_name": "...", "track_uri": "..."}, ...

A playlist is its pid, whatever its name; it has no owner. The lines of a report count the tracks of the file from 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from skipgramophone.errors import SourceError
from skipgramophone.playlists.documents import as_told, read_document
from skipgramophone.playlists.files import OpenFile
from skipgramophone.playlists.rows import Record, Row
from skipgramophone.settings import ExtractSettings


def read_mpd(stream: OpenFile, _settings: ExtractSettings) -> Iterator[Record]:
    """Deliver the tracks of each playlist.

    Raises:
        SourceError: the file is no such object.
    """
    number = 0
    for playlist in _playlists(stream):
        tracks = playlist.get("tracks") if isinstance(playlist, dict) else None
        if not isinstance(tracks, list) or "pid" not in playlist:
            number += 1
            yield number, as_told(playlist), "a playlist without pid or tracks"
            continue
        name = playlist.get("name")
        for track in tracks:
            number += 1
            yield number, as_told(track), _row(name, playlist["pid"], track)


def _row(name: object, pid: object, track: object) -> Row | str:
    """A track of a playlist, or why it is none."""
    if not isinstance(track, dict):
        return "a track that is no object"
    artist, title, uri = track.get("artist_name"), track.get("track_name"), track.get("track_uri")
    if not (_is_text(name) and _is_text(artist) and _is_text(title) and _is_text(uri)):
        return "a name that is no text"
    return Row("", str(name or ""), f"pid {pid}", artist or "", title or "", uri or None)


def _is_text(value: object) -> bool:
    """Whether a value is text, or nothing."""
    return value is None or isinstance(value, str)


def _playlists(stream: OpenFile) -> list[Any]:
    """The playlists of a slice."""
    content = read_document(stream, "a slice of the Million Playlist Dataset")
    playlists = content.get("playlists") if isinstance(content, dict) else None
    if not isinstance(playlists, list):
        raise SourceError(f"{stream.file.called} is no slice of the Million Playlist Dataset: it has no playlists")
    return playlists
