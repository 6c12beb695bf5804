"""Read slices of the Million Playlist Dataset (RecSys Challenge 2018): one JSON object with playlists per file.

    {"info": {...}, "playlists": [{"name": "...", "pid": 7, "tracks": [
        {"artist_name": "...", "track_name": "...", "track_uri": "...", "album_name": "..."}, ...

A playlist is identified by its pid, regardless of its name, and has no owner. For a rejected track, the "line" is the
number of the track in the file, from 1.

Arrow reads a slice if all pids are 64-bit integers, all names are text, and every track has a name. Other slices are
read track by track. Both ways return the same rows. However, Arrow does not validate the fields that are not used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as arrow_json

from skipgramophone.errors import FormatError
from skipgramophone.experiment.arrow_types import TEXT
from skipgramophone.playlists.readers.albums import album_column, album_of
from skipgramophone.playlists.readers.documents import LARGEST, document_of, raw_record
from skipgramophone.playlists.readers.lines import is_text, whole_bytes
from skipgramophone.playlists.readers.rows import (
    ALBUM,
    COLUMNS,
    NAME_NOT_TEXT,
    Record,
    Row,
    RowBlock,
    dictionary_of,
    find_unusable,
    gather_blocks,
    null_for_empty,
)
from skipgramophone.playlists.readers.source_files import OpenFile, SourceFile
from skipgramophone.settings import ALL_ROWS, ExtractSettings

AN_OBJECT = re.compile(rb"[ \t\r\n]*\{")
FIELDS = {"artist": "artist_name", "title": "track_name", "uri": "track_uri", ALBUM: "album_name"}
TRACKS = pa.list_(pa.struct([(name, TEXT) for name in FIELDS.values()]))
SLICE = pa.schema([("playlists", pa.list_(pa.struct([("name", TEXT), ("pid", pa.int64()), ("tracks", TRACKS)])))])


@dataclass(frozen=True, slots=True)
class MpdReader:
    """Reads one slice of the dataset."""

    file: SourceFile
    settings: ExtractSettings
    format: str = "mpd"

    def blocks(self) -> Iterator[RowBlock]:
        """Yield the rows in order, at most as many as the setting `num_rows` allows.

        Raises:
            SourceError: the file is not a slice of the dataset.
        """
        settings = self.settings
        with self.file.open(settings.encoding, settings.bad_bytes == "replace") as stream:
            raw = whole_bytes(stream, LARGEST)
            table = _read_with_arrow(raw) if settings.num_rows == ALL_ROWS else None
            if table is None or find_unusable(table, settings):
                yield from gather_blocks(records_of(stream, raw), stream, settings)
            else:
                yield RowBlock(table, [], stream.bytes_read, stream.replaced)


def records_of(stream: OpenFile, raw: bytes) -> Iterator[Record]:
    """Yield the tracks of each playlist of a slice.

    Raises:
        SourceError: the file is not a slice of the dataset.
    """
    number = 0
    for playlist in _playlists(stream, raw):
        tracks = playlist.get("tracks") if isinstance(playlist, dict) else None
        if not isinstance(tracks, list) or "pid" not in playlist:
            number += 1
            yield number, raw_record(playlist), "a playlist without pid or tracks"
            continue
        name = playlist.get("name")
        for track in tracks:
            number += 1
            yield number, raw_record(track), _row(name, playlist["pid"], track)


def _row(name: object, pid: object, track: object) -> Row | str:
    """Convert a track to a row, or return the reason for rejecting the track."""
    if not isinstance(track, dict):
        return "a track that is not a JSON object"
    artist, title, uri = track.get("artist_name"), track.get("track_name"), track.get("track_uri")
    if not (_is_text(name) and _is_text(artist) and _is_text(title) and _is_text(uri)):
        return NAME_NOT_TEXT
    row = Row("", str(name or ""), f"pid {pid}", artist=artist or "", title=title or "", uri=uri or None)
    return row._replace(album=album_of(track.get("album_name")))


def _is_text(value: object) -> bool:
    """Whether a value is text or null."""
    return value is None or isinstance(value, str)


def _playlists(stream: OpenFile, raw: bytes) -> list[Any]:
    """Return the list of playlists of a slice; raise `SourceError` if there is none."""
    content = document_of(stream, raw, "a slice of the Million Playlist Dataset")
    playlists = content.get("playlists") if isinstance(content, dict) else None
    if not isinstance(playlists, list):
        raise FormatError(
            f"{stream.file.display_name} is not a slice of the Million Playlist Dataset: it has no playlists"
        )
    return playlists


def _read_with_arrow(raw: bytes) -> pa.Table | None:
    """Read the rows of a slice with Arrow; return None if a needed field is missing or has an unexpected type."""
    if not (is_text(raw) and AN_OBJECT.match(raw)):  # Arrow may crash on other data, such as null.
        return None
    try:
        table = arrow_json.read_json(
            pa.BufferReader(raw),
            arrow_json.ReadOptions(use_threads=False, block_size=len(raw) + 1),
            arrow_json.ParseOptions(
                explicit_schema=SLICE, unexpected_field_behavior="ignore", newlines_in_values=True
            ),
        )  # fmt: skip
    except pa.ArrowInvalid:
        return None
    documents = table["playlists"].combine_chunks()
    playlists = documents.flatten()
    name, pid, tracks = (pc.struct_field(playlists, at) for at in ("name", "pid", "tracks"))
    track = tracks.flatten()
    if len(documents) != 1 or any(each.null_count for each in (documents, playlists, pid, tracks, track)):
        return None
    playlist = pa.array(np.repeat(np.arange(len(playlists)), pc.list_value_length(tracks)))
    names = {role: pc.fill_null(pc.struct_field(track, field), "") for role, field in FIELDS.items()}
    of_playlist = {
        "playlist": pc.fill_null(name, ""),
        "key": pa.array([f"pid {each}" for each in pid.to_pylist()], TEXT),
    }
    columns = {role: dictionary_of(column, len(playlists)).take(playlist) for role, column in of_playlist.items()}
    columns |= {
        "owner": dictionary_of("", len(track)),
        "artist": dictionary_of(names["artist"], len(track)),
        "title": dictionary_of(names["title"], len(track)),
        "uri": dictionary_of(null_for_empty(names["uri"]), len(track)),
    }
    albums = album_column(names[ALBUM])
    stated = {} if albums is None else {ALBUM: dictionary_of(albums, len(track))}
    return pa.table({name: columns[name] for name in COLUMNS} | stated)
