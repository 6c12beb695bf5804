"""Converts the plays of a listening history with fast column operations, and splits them into sessions.

The result equals that of `histories.split_into_sessions`, which works play by play. A reader converts all regular
records together, column by column, and reads the other records one by one. The order of the records does not change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from skipgramophone.experiment.arrow_types import TEXT
from skipgramophone.playlists.readers.histories import (
    EARLIEST,
    NO_TIME,
    Play,
    PlayRecord,
    Sessions,
)
from skipgramophone.playlists.readers.json_columns import ArrayPart
from skipgramophone.playlists.readers.numeric_times import LATEST
from skipgramophone.playlists.readers.ordering import in_period, minutes_of
from skipgramophone.playlists.readers.rows import (
    ALBUM,
    BLOCK_RECORDS,
    COLUMNS,
    DICTIONARY,
    IDENTIFIERS,
    LONE_SURROGATE,
    RawRecord,
    Reject,
    RowBlock,
    as_text,
    dictionary_of,
    find_unusable,
    is_valid_text,
)
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.settings import ExtractSettings, seconds_of

NAMES = ("owner", "artist", "title", "uri")
OPTIONAL = (IDENTIFIERS, ALBUM)
BLOCK_PLAYS = 8 * BLOCK_RECORDS  # with larger blocks, fewer names occur in several blocks
Times = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Ids = npt.NDArray[np.int64]
Fault = tuple[int, str, RawRecord]  # line number, reason for rejecting it, raw record
Records = Callable[[Sequence[int]], Iterable[PlayRecord]]  # reads the records of the given rows one by one


@dataclass(frozen=True, slots=True)
class PlayTable:
    """Records of a history; most of them were converted together.

    Attributes:
        columns: owner, artist, title (large_string without nulls) and uri (null if there is none) of each record; in
            some formats, also identifiers and albums. A column may be dictionary-encoded.
        began: seconds since 1970, float64 (records,).
        ended: seconds since 1970, float64 (records,).
        usual: bool (records,), whether the record was converted; only then do the fields above contain its values.
            Other records are read by `records`.
        records: function that reads the records of given rows one by one.
        faults: lines that are not records: line number, reason for rejecting the line, raw record.
    """

    columns: dict[str, pa.Array]
    began: Times
    ended: Times
    usual: Flags
    records: Records
    faults: Sequence[Fault] = ()


@dataclass(frozen=True, slots=True)
class PlayColumns:
    """Some plays of a file.

    Attributes:
        columns: dictionary-encoded owner, artist, title and uri; identifiers and albums if a play has some.
        began: seconds since 1970, float64 (plays,).
        ended: seconds since 1970, float64 (plays,).
        unnamed: row -> reject of each play without a valid name; these plays only affect the bounds of sessions.
        faults: records that are not plays.
    """

    columns: dict[str, pa.DictionaryArray]
    began: Times
    ended: Times
    unnamed: dict[int, Reject]
    faults: list[Reject]


def stated(columns: Mapping[str, pa.Array | None]) -> dict[str, pa.Array]:
    """Return the columns in which at least one row has a value."""
    return {name: column for name, column in columns.items() if column is not None and column.null_count < len(column)}


def plays_in(table: PlayTable, file: str, settings: ExtractSettings) -> PlayColumns:
    """Return the plays of a table of records; `file` is the name of the file in rejects."""
    played, columns, unnamed = table.usual.copy(), dict(table.columns), dict[int, Reject]()
    faults = [Reject(file, line, reason, as_text(raw)) for line, reason, raw in table.faults]
    began, ended = table.began.copy(), table.ended.copy()
    others = np.flatnonzero(~table.usual).tolist()
    single: dict[int, Play] = {}
    for row, (line, raw, found) in zip(others, table.records(others), strict=True):
        reason = unusable_reason(found)
        if isinstance(found, Play) and not reason:
            if not is_valid_text(found[:4]):
                unnamed[row] = Reject(file, line, LONE_SURROGATE, as_text(raw))
                found = found._replace(listener=as_text(found.listener), artist="", title="", uri=None)
            single[row], played[row] = found, True
            began[row], ended[row] = found.began, found.ended
        else:
            faults.append(Reject(file, line, reason, as_text(raw)))
    if single:
        places = np.zeros(len(played), np.bool_)
        places[list(single)] = True
        for at, name in enumerate(NAMES):
            values = pa.array([play[at] for play in single.values()], TEXT)
            columns[name] = pc.replace_with_mask(columns[name].cast(TEXT), pa.array(places), values)
        for name in OPTIONAL:
            texts = [getattr(play, name) for play in single.values()]
            if name in columns or any(texts):
                known = columns[name].cast(TEXT) if name in columns else pa.nulls(len(played), TEXT)
                columns[name] = pc.replace_with_mask(known, pa.array(places), pa.array(texts, TEXT))
    rows = np.flatnonzero(played)
    # A column is encoded before rows are taken, because numbers are copied faster than strings.
    encoded = {name: _encoded(column).take(pa.array(rows)) for name, column in columns.items()}
    nameless = find_unusable(pa.table({name: encoded[name] for name in ("artist", "title", "uri")}), settings)
    nameless = {at: reason for at, reason in nameless.items() if int(rows[at]) not in unnamed}
    lines = table.records([int(rows[at]) for at in nameless])
    place = {row: at for at, row in enumerate(rows.tolist())} if unnamed else {}
    rejected = {place[row]: reject for row, reject in unnamed.items()}
    for (at, reason), (line, raw, _) in zip(nameless.items(), lines, strict=True):
        rejected[at] = Reject(file, line, reason, as_text(raw))
    faults.sort(key=lambda fault: fault.line)
    return PlayColumns(encoded, began[rows], ended[rows], unnamed=rejected, faults=faults)


def plays_of_records(records: Sequence[PlayRecord], file: str, settings: ExtractSettings) -> PlayColumns:
    """Return the plays among records that were read one by one."""
    empty = pa.array([""] * len(records), TEXT)
    columns = dict.fromkeys(NAMES[:3], empty) | {"uri": pa.nulls(len(records), TEXT)}
    nothing = np.full(len(records), np.nan)
    usual = np.zeros(len(records), np.bool_)
    table = PlayTable(columns, nothing, nothing, usual=usual, records=lambda rows: [records[row] for row in rows])
    return plays_in(table, file, settings)


def read_array(
    parts: Iterable[ArrayPart | None], columns: Callable[[ArrayPart], PlayColumns]
) -> list[PlayColumns] | None:
    """Return the plays of a JSON array, or None if the file must be read as a whole.

    Args:
        parts: the array, see `array_parts`.
        columns: returns the plays of a part of the array.
    """
    pieces = []
    for part in parts:
        if part is None:
            return None
        pieces.append(columns(part))  # not in threads: msgspec and the creation of columns hold the interpreter lock
    return pieces


def unusable_reason(found: object) -> str:
    """Return the reason why a record is not a play with a valid time, or "" if it is one."""
    if not isinstance(found, Play):
        return str(found)
    return "" if EARLIEST <= found.began <= found.ended <= LATEST else NO_TIME


def session_blocks(pieces: Sequence[PlayColumns], stream: OpenFile, settings: ExtractSettings) -> Iterator[RowBlock]:
    """Yield the plays of a file in order of time, with sessions as playlists."""
    faults = [reject for piece in pieces for reject in piece.faults]
    starts = np.concatenate([[0], np.cumsum([len(piece.ended) for piece in pieces])]).astype(np.int64)
    unnamed = {
        int(start) + at: reject
        for start, piece in zip(starts, pieces, strict=False)
        for at, reject in piece.unnamed.items()
    }
    names_of = (*NAMES, *(name for name in OPTIONAL if any(name in piece.columns for piece in pieces)))
    columns = {name: _joined([_column(piece, name) for piece in pieces]) for name in names_of}
    began = np.concatenate([np.empty(0), *(piece.began for piece in pieces)])
    ended = np.concatenate([np.empty(0), *(piece.ended for piece in pieces)])
    order = np.arange(len(ended))
    if len(ended) and ended[0] > ended[-1]:
        order = order[::-1]
    order = order[np.argsort(ended[order], kind="stable")]
    if settings.period:
        inside, left_out = in_period(ended[order], settings.period)
        order = order[inside]
        yield RowBlock(pa.table({name: dictionary_of(None, 0) for name in COLUMNS}), [], left_out=left_out)
    began, ended = began[order], ended[order]
    owners = columns["owner"].dictionary.to_pylist()
    session, names, keys = _sessions(
        columns["owner"].indices.to_numpy()[order], owners, (began, ended), stream=stream, settings=settings
    )
    of_session = {"playlist": names.dictionary_encode(), "key": keys.dictionary_encode()}
    for start in range(0, len(faults) + len(order), BLOCK_PLAYS):
        end = start + BLOCK_PLAYS
        part = slice(max(0, start - len(faults)), max(0, end - len(faults)))
        here, sessions = order[part], session[part]
        rejects = faults[start:end]
        if unnamed:
            starts_here = range(start, min(end, len(faults) + len(order)), BLOCK_RECORDS)
            rejects = [one for at in starts_here for one in _rejects(faults, unnamed, order, at)]
            named = np.array([row not in unnamed for row in here.tolist()], np.bool_)
            here, sessions = here[named], sessions[named]
        found = {name: _compact(column.take(pa.array(here))) for name, column in columns.items()}
        found |= {name: _compact(column.take(pa.array(sessions))) for name, column in of_session.items()}
        table = pa.table({name: found.pop(name) for name in COLUMNS} | stated(found))
        yield RowBlock(table, rejects, stream.bytes_read, stream.replaced)


def _rejects(faults: Sequence[Reject], unnamed: Mapping[int, Reject], order: Ids, start: int) -> list[Reject]:
    """Return the rejects among `BLOCK_RECORDS` records, in order of their lines.

    Args:
        faults: records that are not plays.
        unnamed: row -> reject of each play without a valid name.
        order: the rows of the plays, which follow the faults.
        start: index of the first record.
    """
    end = start + BLOCK_RECORDS
    rows = order[max(0, start - len(faults)) : max(0, end - len(faults))].tolist()
    found = [*faults[start:end], *(unnamed[row] for row in rows if row in unnamed)]
    return sorted(found, key=lambda one: one.line)


def _sessions(
    owner: Ids, owners: Sequence[str], times: tuple[Times, Times], *, stream: OpenFile, settings: ExtractSettings
) -> tuple[Ids, pa.Array, pa.Array]:
    """Return the number of each play's session, and the names and keys of all sessions; plays are in order of time."""
    began, ended = times
    gap, last = seconds_of(settings.session_gap), stream.file.sessions
    last = Sessions() if last is None else last
    by_owner = np.argsort(owner, kind="stable")
    starts = np.ones(len(owner), np.bool_)
    listener = owner[by_owner]
    starts[1:] = (np.diff(listener) != 0) | (began[by_owner][1:] - ended[by_owner][:-1] > gap)
    session = np.empty(len(owner), np.int64)
    session[by_owner] = np.cumsum(starts) - 1
    first = by_owner[starts]
    names, number_of = minutes_of(began[first]), pa.array(first).cast(TEXT)
    keys = pc.binary_join_element_wise(pa.scalar(stream.file.place, TEXT), number_of, pa.scalar("\0", TEXT))
    continued: dict[int, tuple[str, str]] = {}  # number of a session that began in an earlier part -> its name and key
    of_listener = np.flatnonzero(np.diff(listener, prepend=-1)).tolist()
    for at, end in pairwise([*of_listener, len(owner)]):
        name, play, latest = owners[int(listener[at])], int(by_owner[at]), int(by_owner[end - 1])
        before = last.get(name)
        if before and ended[play] >= before[0] and began[play] - before[0] <= gap:
            continued[int(session[play])] = before[1:]
        number = int(session[latest])
        known = continued.get(number) or (names[number].as_py(), keys[number].as_py())
        last[name] = float(ended[latest]), *known
    if continued:
        mask = np.zeros(len(first), np.bool_)
        mask[list(continued)] = True
        texts = zip(*(continued[number] for number in sorted(continued)), strict=True)
        names, keys = (
            pc.replace_with_mask(column, pa.array(mask), pa.array(given, TEXT))
            for column, given in zip((names, keys), texts, strict=True)
        )
    return session, names, keys


def _encoded(column: pa.Array) -> pa.DictionaryArray:
    """Return a column in dictionary encoding."""
    return column if pa.types.is_dictionary(column.type) else column.dictionary_encode()


def _column(piece: PlayColumns, name: str) -> pa.DictionaryArray:
    """Return a column of some plays; an optional column that they lack is returned as a column of nulls."""
    return piece.columns[name] if name in piece.columns else dictionary_of(None, len(piece.ended))


def _joined(columns: Sequence[pa.DictionaryArray]) -> pa.DictionaryArray:
    """Concatenate dictionary-encoded columns, and return a column with one dictionary."""
    chunks = pa.chunked_array(columns, DICTIONARY).unify_dictionaries().chunks
    return pa.concat_arrays(chunks) if chunks else pa.array([], DICTIONARY)


def _compact(column: pa.DictionaryArray) -> pa.DictionaryArray:
    """Return a column whose dictionary contains only values that the column uses."""
    used = column.indices.dictionary_encode()
    return pa.DictionaryArray.from_arrays(used.indices, column.dictionary.take(used.dictionary))
