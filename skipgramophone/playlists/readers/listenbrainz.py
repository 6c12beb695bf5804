"""Read listens of ListenBrainz: JSON lines, or one JSON array.

    {"listened_at": 1622541600, "user_name": "...", "track_metadata": {"artist_name": "...", "track_name": "...", ...

ListenBrainz exports a zip archive with one file per month, such as listens/2021/6.jsonl. These files are read as one
history. Earlier exports are one JSON array. Most listens have no MusicBrainz id, so artist and title identify a track.
If a listen contains ids, ISRCs or links to Spotify, these are kept as identifiers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from skipgramophone.experiment.arrow_types import TEXT
from skipgramophone.names.identifiers import joined, labelled
from skipgramophone.parallel import run_in_order
from skipgramophone.playlists.readers.albums import album_column, album_of
from skipgramophone.playlists.readers.documents import (
    LARGEST,
    document_of,
    objects_in,
    raw_record,
    read_document,
    text_fields,
)
from skipgramophone.playlists.readers.histories import LATEST, NO_TIME, Part, Play, PlayRecord, split_into_sessions
from skipgramophone.playlists.readers.identifier_columns import joined_columns
from skipgramophone.playlists.readers.json_columns import (
    ArrayPart,
    columns_of_objects,
    objects_on_lines,
    texts,
)
from skipgramophone.playlists.readers.lines import (
    BYTE_ORDER_MARK,
    Line,
    RawLines,
    decode_lines,
    first_of,
    number_lines,
    numbered_lines,
    read_raw_lines,
    whole_bytes,
)
from skipgramophone.playlists.readers.play_columns import (
    PlayColumns,
    PlayTable,
    Records,
    plays_in,
    plays_of_records,
    read_array,
    session_blocks,
)
from skipgramophone.playlists.readers.rows import ALBUM, IDENTIFIERS, NAME_NOT_TEXT, Record, RowBlock, gather_blocks
from skipgramophone.playlists.readers.source_files import OpenFile, SourceFile
from skipgramophone.settings import ExtractSettings

MONTH = re.compile(r"/listens/(\d{4})/(\d{1,2})\.jsonl$")
HEAD_BYTES = 1 << 10
LATEST_LISTEN = 1 << 34  # seconds since 1970
WHAT = "an array of listens of ListenBrainz"
# Where a listen contains identifiers: kind of identifier, and path of the field below track_metadata.
STATED = (
    ("mbid", ("additional_info", "recording_mbid")),
    ("mbid", ("mbid_mapping", "recording_mbid")),
    ("isrc", ("additional_info", "isrc")),
    ("", ("additional_info", "spotify_id")),
)
NAMES = {"artist_name": TEXT, "track_name": TEXT, "release_name": TEXT}
INFO = pa.struct({"recording_mbid": TEXT, "isrc": TEXT, "spotify_id": TEXT})
OTHERS = {"additional_info": INFO, "mbid_mapping": pa.struct({"recording_mbid": TEXT})}
LISTEN = {"listened_at": pa.int64(), "user_name": TEXT}
WITHOUT_IDENTIFIERS = pa.schema(LISTEN | {"track_metadata": pa.struct(NAMES)})  # faster to read
WITH_IDENTIFIERS = pa.schema(LISTEN | {"track_metadata": pa.struct(NAMES | OTHERS)})


def is_array_of_listens(value: Any) -> bool:
    """Whether the start of a JSON document is an array of listens."""
    listen = value[0] if isinstance(value, list) and value else None
    return isinstance(listen, dict) and {"listened_at", "track_metadata"} <= set(listen)


def part_of_listenbrainz(file: SourceFile) -> Part | None:
    """Return the history of a monthly file, and year and month as sort key; None for other files."""
    found = MONTH.search(f"{file.directory.as_posix()}/{PurePosixPath(file.name).name}")
    return (file.directory.parent, (int(found[1]), int(found[2]))) if found else None


def read_listenbrainz(stream: OpenFile, settings: ExtractSettings) -> Iterator[Record]:
    """Yield the listens of a file, split into sessions.

    Raises:
        SourceError: the file begins with a bracket but is not a JSON array.
    """
    return split_into_sessions(_plays(stream), stream, settings)


def listenbrainz_blocks(stream: OpenFile, settings: ExtractSettings) -> Iterator[RowBlock]:
    """Yield the rows of `read_listenbrainz` in blocks; whole columns are converted together.

    Raises:
        SourceError: the file begins like a JSON array but is not valid.
    """
    if _is_array(stream):
        raw = whole_bytes(stream, LARGEST)
        pieces = read_array(
            raw,
            partial(_columns_of_array, schema=_schema_of(raw), file=stream.file.name, settings=settings),
            settings.num_rows,
        )
        if pieces is None:
            plays = _plays_of_array(document_of(stream, raw, WHAT))
            yield from gather_blocks(split_into_sessions(plays, stream, settings), stream, settings)
            return
    else:
        raws = first_of(read_raw_lines(stream), settings.num_rows)
        pieces = list(run_in_order(partial(_columns_of_lines, raw, stream, settings) for raw in raws))
    yield from session_blocks(pieces, stream, settings)


def _schema_of(data: bytes) -> pa.Schema:
    """Return the fields to read; fields with identifiers are included only if their names occur in the data."""
    names = {path[-1] for _, path in STATED}
    return WITH_IDENTIFIERS if any(f'"{name}"'.encode() in data for name in names) else WITHOUT_IDENTIFIERS


def _columns_of_array(
    part: ArrayPart, *, schema: pa.Schema, file: str, settings: ExtractSettings
) -> PlayColumns | None:
    """Return the listens of a part of an array as columns, or None if the document must be read as a whole."""

    def records(rows: Sequence[int]) -> Iterator[PlayRecord]:
        for row in rows:
            listen = part.one(row)
            yield part.first + row, raw_record(listen), _play(listen)

    table = part.table(schema)
    if table is None:
        return plays_of_records(list(records(range(part.wanted))), file, settings) if part.are_objects() else None
    return plays_in(_play_table(table, records), file, settings)


def _columns_of_lines(raw: RawLines, stream: OpenFile, settings: ExtractSettings) -> PlayColumns:
    """Return the listens of some lines as columns."""
    found = objects_on_lines(raw)
    table = columns_of_objects(found[0], len(found[1]), _schema_of(found[0])) if found else None
    if found is None or table is None:
        records = list(_plays_of_lines(number_lines([decode_lines(stream, raw)])))
        return plays_of_records(records, stream.file.name, settings)
    lines = found[1]

    def records_of(rows: Sequence[int]) -> Iterator[PlayRecord]:
        return _plays_of_lines((raw.first + row, lines[row].as_py(), "") for row in rows)

    return plays_in(_play_table(table, records_of), stream.file.name, settings)


def _play_table(table: pa.Table, records: Records) -> PlayTable:
    """Convert a table of listens that Arrow has read to a `PlayTable`."""
    times = table["listened_at"].combine_chunks()
    seconds = np.asarray(pc.fill_null(times, -1), np.int64)
    usual = (seconds >= 0) & (seconds < LATEST_LISTEN) & (seconds <= LATEST)
    usual &= table["track_metadata"].is_valid().to_numpy()
    columns = {
        "owner": texts(table, ["user_name"]),
        "artist": texts(table, ["track_metadata", "artist_name"]),
        "title": texts(table, ["track_metadata", "track_name"]),
        "uri": pa.nulls(len(seconds), TEXT),
    }
    stated = STATED if table.schema == WITH_IDENTIFIERS else ()
    identifiers = joined_columns((kind, texts(table, ["track_metadata", *path])) for kind, path in stated)
    if identifiers is not None:
        columns[IDENTIFIERS] = identifiers
    albums = album_column(texts(table, ["track_metadata", "release_name"]))
    if albums is not None:
        columns[ALBUM] = albums
    began = seconds.astype(np.float64)
    return PlayTable(columns, began, began, usual=usual, records=records)


def _is_array(stream: OpenFile) -> bool:
    """Whether a file begins like a JSON array."""
    return stream.peek(HEAD_BYTES).removeprefix(BYTE_ORDER_MARK).lstrip().startswith(b"[")


def _plays(stream: OpenFile) -> Iterator[PlayRecord]:
    """Yield the listens in the order of the file."""
    if _is_array(stream):
        return _plays_of_array(read_document(stream, WHAT))
    return _plays_of_lines(numbered_lines(stream))


def _plays_of_array(listens: Iterable[Any]) -> Iterator[PlayRecord]:
    """Yield the listens of an array."""
    for number, listen in enumerate(listens, 1):
        yield number, raw_record(listen), _play(listen) if isinstance(listen, dict) else "not a JSON object"


def _plays_of_lines(lines: Iterable[Line]) -> Iterator[PlayRecord]:
    """Yield the listens of lines."""
    for number, line, found in objects_in(lines):
        yield number, line, found if isinstance(found, str) else _play(found)


def _play(listen: dict[str, Any]) -> Play | str:
    """Convert a record of ListenBrainz to a `Play`, or return the reason for rejecting it."""
    time, track = listen.get("listened_at"), listen.get("track_metadata")
    if type(time) is not int or not 0 <= time < LATEST_LISTEN:
        return NO_TIME
    if not isinstance(track, dict):
        return "no track_metadata"
    names, listener = text_fields(track, "artist_name", "track_name"), text_fields(listen, "user_name")
    if names is None or listener is None:
        return NAME_NOT_TEXT
    found = joined(labelled(kind, _text_at(track, path)) for kind, path in STATED)
    play = Play(listener[0], names[0], names[1], None, began=time, ended=time)
    return play._replace(identifiers=found, album=album_of(track.get("release_name")))


def _text_at(track: dict[str, Any], path: Sequence[str]) -> object:
    """Return a field of an object inside the metadata of a track, or None if it is missing."""
    value: object = track
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value
