"""Read the account data of Spotify: playlists, streaming history, and extended streaming history.

    Playlist1.json                            {"playlists": [{"name": ..., "items": [{"track": {"trackName": ...
    StreamingHistory0.json                    [{"endTime": "2021-01-09 02:15", "artistName": ..., "msPlayed": ...
    Streaming_History_Audio_2021_0.json       [{"ts": "2021-06-01T10:00:00Z", "ms_played": ..., ...

Playlists with the same name stay separate. Exports before 2021 have no uris. The uri of a local file contains artist
and title. Podcast episodes and plays of 0 ms are rejected unless the setting `keep` includes them. For a rejected item,
the "line" is the number of the item in the file, from 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import PurePosixPath
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

import numpy as np
import pyarrow as pa

from skipgramophone.errors import FormatError
from skipgramophone.experiment.arrow_types import TEXT
from skipgramophone.playlists.readers.albums import album_of
from skipgramophone.playlists.readers.documents import LARGEST, document_of, raw_record, read_document, text_fields
from skipgramophone.playlists.readers.histories import (
    EARLIEST,
    EPISODE,
    NO_TIME,
    SKIP,
    Part,
    Play,
    PlayRecord,
    seconds_since_1970,
    split_into_sessions,
)
from skipgramophone.playlists.readers.json_columns import ArrayPart, array_parts
from skipgramophone.playlists.readers.lines import whole_bytes
from skipgramophone.playlists.readers.ordering import seconds_of_all
from skipgramophone.playlists.readers.play_columns import (
    PlayColumns,
    PlayTable,
    plays_in,
    plays_of_records,
    read_array,
    session_blocks,
    stated,
)
from skipgramophone.playlists.readers.rows import (
    ALBUM,
    DICTIONARY,
    NAME_NOT_TEXT,
    Record,
    Row,
    RowBlock,
    dictionary_of,
    gather_blocks,
)
from skipgramophone.playlists.readers.source_files import OpenFile, SourceFile
from skipgramophone.settings import ExtractSettings

LOCAL = "spotify:local:"
MOST_MILLISECONDS = 1 << 53  # longest valid play in milliseconds; float64 cannot represent larger integers exactly
# The files of a history are numbered by time.
PART = re.compile(r"(StreamingHistory\D*|Streaming_History_[^\d]+|endsong_)(?:[\d-]*_)?(\d+)\.json")
WHAT = "part of the account data of Spotify"


class Layout(NamedTuple):
    """The fields of a play in one kind of streaming history."""

    time: str
    lasted: str
    artist: str
    title: str
    uri: str
    album: str = ""  # "": such histories have no albums


EXTENDED = Layout(
    "ts",
    "ms_played",
    "master_metadata_album_artist_name",
    "master_metadata_track_name",
    "spotify_track_uri",
    album="master_metadata_album_album_name",
)
SHORT = Layout("endTime", "msPlayed", "artistName", "trackName", "trackUri")
EPISODE_NAME = "episode_name"
TrackFields = tuple[str, str, str | None, str | None]  # artist, title, uri, album


def part_of_spotify(file: SourceFile) -> Part | None:
    """Return the history of a file, and the file's number as sort key; None if it is not part of a history.

    All files of a history are in one directory or archive, and of one kind: music, podcasts or video.
    """
    found = PART.fullmatch(PurePosixPath(file.name).name)
    return ((file.directory, found[1]), (int(found[2]),)) if found else None


def read_spotify(stream: OpenFile, settings: ExtractSettings) -> Iterator[Record]:
    """Yield the tracks of the playlists in a file, or the plays of a history, split into sessions.

    Raises:
        SourceError: the file is not part of the account data of Spotify.
    """
    return _records_of(read_document(stream, WHAT), stream, settings)


def _records_of(content: Any, stream: OpenFile, settings: ExtractSettings) -> Iterator[Record]:
    """Yield the playlists of a document, or its plays, split into sessions.

    Raises:
        SourceError: the document is not part of the account data of Spotify.
    """
    if isinstance(content, dict) and isinstance(content.get("playlists"), list):
        return _playlists(content["playlists"], stream, settings)
    if isinstance(content, list):
        return split_into_sessions(_plays(content, settings), stream, settings)
    raise FormatError(f"{stream.file.display_name} has neither playlists nor a streaming history of Spotify")


def spotify_blocks(stream: OpenFile, settings: ExtractSettings) -> Iterator[RowBlock]:
    """Yield the rows of `read_spotify` in blocks; whole columns of plays are converted together.

    Raises:
        SourceError: the file is not part of the account data of Spotify.
    """
    from skipgramophone.playlists.readers.play_objects import decode_plays

    columns = partial(_columns, file=stream.file.name, settings=settings)
    pieces = read_array(array_parts(stream, decode_plays, settings.num_rows), columns)
    if pieces is None:
        with stream.file.open(settings.encoding) as again:
            content = document_of(stream, whole_bytes(again, LARGEST), WHAT)
        yield from gather_blocks(_records_of(content, stream, settings), stream, settings)
    else:
        yield from session_blocks(pieces, stream, settings)


def _columns(part: ArrayPart, *, file: str, settings: ExtractSettings) -> PlayColumns:
    """Return the plays of a part of an array as columns."""
    keep = settings.keep or ()
    reasons: dict[int, str] = {}  # of plays that are rejected; the reasons for rejecting other plays are found later

    def records(rows: Sequence[int]) -> Iterator[PlayRecord]:
        for row, play in zip(rows, part.some(rows), strict=True):
            number, reason = part.first + row, reasons.get(row)
            yield (number, raw_record(play), reason) if reason else _record(number, play, keep)

    if not part.decoded:
        return plays_of_records(list(records(range(part.wanted))), file, settings)
    plays = part.values[: part.wanted]
    ended = seconds_of_all(pa.array([play.time or "" for play in plays], TEXT))
    milliseconds = np.array([-1 if play.lasted is None else play.lasted for play in plays], np.int64)
    began = ended - milliseconds / 1000
    usual = (milliseconds >= 0) & (milliseconds < MOST_MILLISECONDS) & (began >= EARLIEST)
    episodes, extended = [], bool(plays) and hasattr(plays[0], "episode")
    if extended:
        episodes = [at for at, play in enumerate(plays) if play.episode and not play.title and usual[at]]
        usual[episodes] = False
    if "episodes" not in keep:
        reasons |= dict.fromkeys(episodes, EPISODE)
    if "skips" not in keep:
        skipped = usual & (began == ended)
        usual &= ~skipped
        reasons |= dict.fromkeys(np.flatnonzero(skipped).tolist(), SKIP)
    columns: dict[str, pa.Array] = {
        "owner": dictionary_of("", len(plays)),
        "artist": pa.array([play.artist or "" for play in plays], DICTIONARY),
        "title": pa.array([play.title or "" for play in plays], DICTIONARY),
        "uri": pa.array([play.uri or None for play in plays], DICTIONARY),
    }
    if extended:
        columns |= stated({ALBUM: pa.array([play.album or None for play in plays], DICTIONARY)})
    return plays_in(PlayTable(columns, began, ended, usual=usual, records=records), file, settings)


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
                time = item.get("addedDate")
                row = Row("", playlist.get("name") or "", f"{stream.file.place}\0{at}", *found[:3])
                added = seconds_since_1970(time) if isinstance(time, str) else None
                yield number, raw_record(item), row._replace(album=found[3], added=added)


def _item(item: Any, keeps_episodes: bool) -> TrackFields | str:
    """Return artist, title, uri and album of an item of a playlist, or the reason for rejecting the item."""
    if not isinstance(item, dict):
        return "an item that is not a JSON object"
    track, local, episode = (item.get(name) for name in ("track", "localTrack", "episode"))
    if isinstance(local, dict):
        return _local(local)
    if isinstance(episode, dict):
        found = text_fields(episode, "showName", "episodeName", "episodeUri")
        return _named(found) if keeps_episodes else EPISODE
    if isinstance(track, dict):
        return _named(text_fields(track, "artistName", "trackName", "trackUri"), track.get("albumName"))
    return "neither track, episode nor local file"


def _named(fields: list[str] | None, album: object = None) -> TrackFields | str:
    """Return artist, title, uri and album as a tuple; if one of the first three is not text, return a reject reason."""
    return NAME_NOT_TEXT if fields is None else (fields[0], fields[1], fields[2] or None, album_of(album))


def _local(local: dict[str, Any]) -> TrackFields | str:
    """Return artist, title and album of a local file, from its uri spotify:local:artist:album:title:seconds."""
    uri = local.get("uri")
    parts = uri.removeprefix(LOCAL).split(":") if isinstance(uri, str) and uri.startswith(LOCAL) else []
    if len(parts) != 4:
        return "a local file without names"
    return unquote_plus(parts[0]), unquote_plus(parts[2]), None, album_of(unquote_plus(parts[1]))


def _plays(plays: list[Any], settings: ExtractSettings) -> Iterator[PlayRecord]:
    """Yield the plays of a streaming history, short or extended."""
    keep = settings.keep or ()
    return (_record(number, play, keep) for number, play in enumerate(plays, 1))


def _record(number: int, play: Any, keep: Sequence[str]) -> PlayRecord:
    """Return number, raw record and play; a reason replaces the play if it is rejected."""
    found = _play(play, "episodes" in keep) if isinstance(play, dict) else "a play that is not a JSON object"
    if not isinstance(found, str) and found.began == found.ended and "skips" not in keep:
        found = SKIP
    return number, raw_record(play), found


def _play(play: dict[str, Any], keeps_episodes: bool) -> Play | str:
    """Convert an entry of a history to a play, or return the reason for rejecting the entry."""
    extended = "ts" in play
    time = play.get("ts" if extended else "endTime")
    ended = seconds_since_1970(time) if isinstance(time, str) else None
    lasted = play.get("ms_played" if extended else "msPlayed")
    if ended is None or not isinstance(lasted, int) or not 0 <= lasted < MOST_MILLISECONDS:
        return NO_TIME
    if extended:
        track, album = EXTENDED[2:5], play.get(EXTENDED.album)
        if play.get(EPISODE_NAME) and not play.get("master_metadata_track_name"):
            track, album = ("episode_show_name", "episode_name", "spotify_episode_uri"), None
            if not keeps_episodes:
                return EPISODE
    else:
        track, album = SHORT[2:5], None
    found = _named(text_fields(play, *track), album)
    if isinstance(found, str):
        return found
    return Play("", *found[:3], began=ended - lasted / 1000, ended=ended, album=found[3])
