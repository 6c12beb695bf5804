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

from skipgramophone.names.identifiers import joined, labelled
from skipgramophone.playlists.readers.albums import album_of
from skipgramophone.playlists.readers.documents import (
    LARGEST,
    document_of,
    objects_in,
    raw_record,
    read_document,
    text_fields,
)
from skipgramophone.playlists.readers.histories import NO_TIME, Part, Play, PlayRecord, split_into_sessions
from skipgramophone.playlists.readers.identifier_columns import joined_encoded
from skipgramophone.playlists.readers.json_columns import (
    ArrayPart,
    array_parts,
    objects_on_lines,
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
from skipgramophone.playlists.readers.numeric_times import LATEST
from skipgramophone.playlists.readers.play_columns import (
    PlayColumns,
    PlayTable,
    Records,
    plays_in,
    plays_of_records,
    read_array,
    session_blocks,
    stated,
)
from skipgramophone.playlists.readers.rows import (
    ALBUM,
    DICTIONARY,
    IDENTIFIERS,
    NAME_NOT_TEXT,
    Record,
    RowBlock,
    dictionary_of,
    gather_blocks,
)
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
    from skipgramophone.playlists.readers.play_objects import decode_listens

    pieces: list[PlayColumns] | None
    if _is_array(stream):
        columns = partial(_columns_of_array, file=stream.file.name, settings=settings)
        pieces = read_array(array_parts(stream, decode_listens, settings.num_rows), columns)
    else:
        raws = first_of(read_raw_lines(stream), settings.num_rows)
        pieces = [_columns_of_lines(raw, stream, settings) for raw in raws]
    if pieces is None:
        with stream.file.open(settings.encoding) as again:
            plays = _plays_of_array(document_of(stream, whole_bytes(again, LARGEST), WHAT))
        yield from gather_blocks(split_into_sessions(plays, stream, settings), stream, settings)
    else:
        yield from session_blocks(pieces, stream, settings)


def _columns_of_array(part: ArrayPart, *, file: str, settings: ExtractSettings) -> PlayColumns:
    """Return the listens of a part of an array as columns."""

    def records(rows: Sequence[int]) -> Iterator[PlayRecord]:
        return (_play_of_array(part.first + row, listen) for row, listen in zip(rows, part.some(rows), strict=True))

    if not part.decoded:
        return plays_of_records(list(records(range(part.wanted))), file, settings)
    return plays_in(_play_table(part.values[: part.wanted], records), file, settings)


def _columns_of_lines(raw: RawLines, stream: OpenFile, settings: ExtractSettings) -> PlayColumns:
    """Return the listens of some lines as columns."""
    from skipgramophone.playlists.readers.play_objects import decode_lines_of_listens

    lines = objects_on_lines(raw)
    listens = decode_lines_of_listens(lines.data) if lines else None
    if lines is None or listens is None or len(listens) != len(lines):
        records = list(_plays_of_lines(number_lines([decode_lines(stream, raw)])))
        return plays_of_records(records, stream.file.name, settings)
    kept = lines

    def records_of(rows: Sequence[int]) -> Iterator[PlayRecord]:
        numbers = np.array(rows, np.int64) + kept.first
        return _plays_of_lines(zip(numbers.tolist(), kept.texts(numbers), ("" for _ in rows), strict=True))

    return plays_in(_play_table(listens, records_of), stream.file.name, settings)


def _play_table(listens: Sequence[Any], records: Records) -> PlayTable:
    """Create a `PlayTable` from listens that msgspec has decoded."""
    from skipgramophone.playlists.readers.play_objects import Info, Mapping, TrackMetadata

    seconds = np.array([-1 if listen.listened_at is None else listen.listened_at for listen in listens], np.int64)
    usual = (seconds >= 0) & (seconds < LATEST_LISTEN) & (seconds <= LATEST)
    usual &= np.array([listen.track_metadata is not None for listen in listens], np.bool_)
    nothing, no_info, no_mapping = TrackMetadata(), Info(), Mapping()
    tracks = [listen.track_metadata or nothing for listen in listens]
    infos = [track.additional_info or no_info for track in tracks]
    mappings = [track.mbid_mapping or no_mapping for track in tracks]
    columns: dict[str, pa.Array] = {
        "owner": pa.array([listen.user_name or "" for listen in listens], DICTIONARY),
        "artist": pa.array([track.artist_name or "" for track in tracks], DICTIONARY),
        "title": pa.array([track.track_name or "" for track in tracks], DICTIONARY),
        "uri": dictionary_of(None, len(seconds)),
    }
    ids = (
        ("mbid", [info.recording_mbid for info in infos]),
        ("mbid", [mapping.recording_mbid for mapping in mappings]),
        ("isrc", [info.isrc for info in infos]),
        ("", [info.spotify_id for info in infos]),
    )
    encoded = ((kind, pa.array([value or None for value in values], DICTIONARY)) for kind, values in ids if any(values))
    albums = pa.array([track.release_name or None for track in tracks], DICTIONARY)
    columns |= stated({IDENTIFIERS: joined_encoded(encoded), ALBUM: albums})
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
    return (_play_of_array(number, listen) for number, listen in enumerate(listens, 1))


def _play_of_array(number: int, listen: Any) -> PlayRecord:
    """Return number, raw record and play of a listen in an array; a reason replaces the play of a rejected listen."""
    return number, raw_record(listen), _play(listen) if isinstance(listen, dict) else "not a JSON object"


def _plays_of_lines(lines: Iterable[Line]) -> Iterator[PlayRecord]:
    """Yield the listens of lines with one JSON object each."""
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
    """Return a field of a nested object; `path` contains the names of the fields. Return None if one is missing."""
    value: object = track
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value
