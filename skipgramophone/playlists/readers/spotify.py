"""Read the account data of Spotify: playlists, streaming history, and extended streaming history.

    Playlist1.json                            {"playlists": [{"name": ..., "items": [{"track": {"trackName": ...
    StreamingHistory0.json                    [{"endTime": "2021-01-09 02:15", "artistName": ..., "msPlayed": ...
    Streaming_History_Audio_2021_0.json       [{"ts": "2021-06-01T10:00:00Z", "ms_played": ..., ...

Playlists with the same name stay separate. Exports before 2021 have no uris. A local file has its names in its uri.
Podcast episodes and plays of 0 ms are rejected unless the setting `keep` names them. The "line" numbers of rejects
count the items of the file from 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote_plus

from skipgramophone.errors import FormatError
from skipgramophone.playlists.readers.documents import raw_record, read_document, text_fields
from skipgramophone.playlists.readers.histories import (
    EPISODE,
    NO_TIME,
    SKIP,
    Part,
    Play,
    PlayRecord,
    seconds_since_1970,
    split_into_sessions,
)
from skipgramophone.playlists.readers.rows import NAME_NOT_TEXT, Record, Row
from skipgramophone.playlists.readers.source_files import OpenFile, SourceFile
from skipgramophone.settings import ExtractSettings

LOCAL = "spotify:local:"
MOST_MILLISECONDS = 1 << 53  # longest valid play; larger integers are not exact in float64
# The files of a history are numbered by time.
PART = re.compile(r"(StreamingHistory\D*|Streaming_History_[^\d]+|endsong_)(?:[\d-]*_)?(\d+)\.json")
TrackFields = tuple[str, str, str | None]  # artist, title, uri


def part_of_spotify(file: SourceFile) -> Part | None:
    """Return the history of a file, and the file's number as sort key; None if it is not part of a history.

    All files of a history are in one directory or archive, and of one kind: music, podcasts or video.
    """
    found = PART.fullmatch(PurePosixPath(file.name).name)
    return ((file.directory, found[1]), (int(found[2]),)) if found else None


def read_spotify(stream: OpenFile, settings: ExtractSettings) -> Iterator[Record]:
    """Yield the tracks of the playlists in a file, or the plays of a history in sessions.

    Raises:
        SourceError: the file is not part of the account data of Spotify.
    """
    content = read_document(stream, "part of the account data of Spotify")
    if isinstance(content, dict) and isinstance(content.get("playlists"), list):
        return _playlists(content["playlists"], stream, settings)
    if isinstance(content, list):
        return split_into_sessions(_plays(content, settings), stream, settings)
    raise FormatError(f"{stream.file.display_name} has neither playlists nor a streaming history of Spotify")


def _playlists(playlists: list[Any], stream: OpenFile, settings: ExtractSettings) -> Iterator[Record]:
    """Yield the items of each playlist as rows or rejects."""
    number = 0
    for at, playlist in enumerate(playlists):
        items = playlist.get("items") if isinstance(playlist, dict) else None
        if not isinstance(items, list) or not isinstance(playlist.get("name", ""), str | None):
            number += 1
            yield number, raw_record(playlist), "a playlist without a name or items"
            continue
        for item in items:
            number += 1
            found = _item(item, "episodes" in (settings.keep or ()))
            if isinstance(found, str):
                yield number, raw_record(item), found
            else:
                yield (
                    number,
                    raw_record(item),
                    Row("", playlist.get("name") or "", f"{stream.file.place}\0{at}", *found),
                )


def _item(item: Any, keeps_episodes: bool) -> TrackFields | str:
    """Return artist, title and uri of an item of a playlist, or the reason for rejecting the item."""
    if not isinstance(item, dict):
        return "an item that is not a JSON object"
    track, local, episode = (item.get(name) for name in ("track", "localTrack", "episode"))
    if isinstance(local, dict):
        return _local(local)
    if isinstance(episode, dict):
        found = text_fields(episode, "showName", "episodeName", "episodeUri")
        return _named(found) if keeps_episodes else EPISODE
    if isinstance(track, dict):
        return _named(text_fields(track, "artistName", "trackName", "trackUri"))
    return "neither track, episode nor local file"


def _named(fields: list[str] | None) -> TrackFields | str:
    """Return the three fields artist, title and uri as a tuple, or the reason for a rejection if they are not text."""
    return NAME_NOT_TEXT if fields is None else (fields[0], fields[1], fields[2] or None)


def _local(local: dict[str, Any]) -> TrackFields | str:
    """Return artist and title of a local file, from its uri spotify:local:artist:album:title:seconds."""
    uri = local.get("uri")
    parts = uri.removeprefix(LOCAL).split(":") if isinstance(uri, str) and uri.startswith(LOCAL) else []
    if len(parts) != 4:
        return "a local file without names"
    return unquote_plus(parts[0]), unquote_plus(parts[2]), None


def _plays(plays: list[Any], settings: ExtractSettings) -> Iterator[PlayRecord]:
    """Yield the plays of a streaming history, short or extended."""
    keep = settings.keep or ()
    for number, play in enumerate(plays, 1):
        found = _play(play, "episodes" in keep) if isinstance(play, dict) else "a play that is not a JSON object"
        if not isinstance(found, str) and found.began == found.ended and "skips" not in keep:
            found = SKIP
        yield number, raw_record(play), found


def _play(play: dict[str, Any], keeps_episodes: bool) -> Play | str:
    """Convert an entry of a history to a play, or return the reason for rejecting the entry."""
    extended = "ts" in play
    time = play.get("ts" if extended else "endTime")
    ended = seconds_since_1970(time) if isinstance(time, str) else None
    lasted = play.get("ms_played" if extended else "msPlayed")
    if ended is None or not isinstance(lasted, int) or not 0 <= lasted < MOST_MILLISECONDS:
        return NO_TIME
    if extended:
        track = ("master_metadata_album_artist_name", "master_metadata_track_name", "spotify_track_uri")
        if play.get("episode_name") and not play.get("master_metadata_track_name"):
            track = ("episode_show_name", "episode_name", "spotify_episode_uri")
            if not keeps_episodes:
                return EPISODE
    else:
        track = ("artistName", "trackName", "trackUri")
    found = _named(text_fields(play, *track))
    return found if isinstance(found, str) else Play("", *found, began=ended - lasted / 1000, ended=ended)
