"""The rows that every reader yields: a row is one occurrence of a track in a playlist.

A reader turns a file into a stream of `RowBlock`s. It never splits, merges or drops rows silently. Rows that cannot be
used are in `rejects`, and rows that do not belong to a playlist are counted in `left_out`. Therefore,
rows read = rows used + rows rejected + rows left out. A reader may also work record by record: it is then a function
that yields `Record`s, and `gather_blocks` collects them into blocks.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from skipgramophone.experiment.arrow_types import TEXT
from skipgramophone.playlists.readers.missing_values import are_missing
from skipgramophone.settings import ALL_ROWS, ExtractSettings
from skipgramophone.settings.time_span import Period
from skipgramophone.utf8 import is_utf8

if TYPE_CHECKING:
    from skipgramophone.playlists.readers.source_files import OpenFile, SourceFile

COLUMNS = ("owner", "playlist", "key", "artist", "title", "uri")
BLOCK_RECORDS = 1 << 16
UNESCAPED = json.JSONEncoder(ensure_ascii=False)
SIMPLE = frozenset((str, int, bool, type(None)))
ALBUM = "album"
IDENTIFIERS = "identifiers"  # column with the identifiers of a row, as `names.identifiers.joined` returns them
IN_ONE_FILE = "\0"  # marks a playlist key that is unique only within its file; see `Row`
EXAMINED = 1 << 12  # number of strings at the start of a block that show whether most strings are distinct
MOSTLY_DISTINCT = 0.95
DICTIONARY = pa.dictionary(pa.int32(), TEXT)
NAMELESS = "neither artist nor title"
ONLY_AN_ID = "an id, but neither artist nor title"
NAME_NOT_TEXT = "a name that is not text"
LONE_SURROGATE = "a name with a lone surrogate, which is not valid text"
PLACEHOLDER = "a placeholder instead of a name"
# Names in lower case; DJs write "ID - ID" for a track that they do not know.
PLACEHOLDERS = ("-", "<missing>", "<unknown>", "[unknown]", "id")


class Reject(NamedTuple):
    """A rejected input record."""

    file: str
    line: int  # counted from 1
    reason: str
    text: str  # the whole record; undecodable bytes are written as \\xNN

    def as_dict(self) -> dict[str, str | int]:
        """Return the fields by name."""
        return {"file": self.file, "line": self.line, "reason": self.reason, "text": self.text}


class Row(NamedTuple):
    """One occurrence of a track in a playlist.

    Rows with equal owner, playlist name and `key` belong to one playlist. The key is None unless the format can have
    several playlists with the same name. The reader of such a format sets the key, for example to the id, the number or
    the file of the playlist. A key that contains `IN_ONE_FILE` is unique only within its file: another file may use the
    same key for another playlist.
    """

    owner: str
    playlist: str
    key: str | None
    artist: str
    title: str
    uri: str | None = None
    location: str | None = None  # location of the audio file, see `file_locations`
    seconds: int | None = None  # duration
    identifiers: str | None = None  # see `names.identifiers.joined`
    album: str | None = None  # see `albums`
    added: float | None = None  # time when the track was added or played, in seconds since 1970; blocks do not have it


class LeftOut(NamedTuple):
    """A valid record that is left out on purpose, such as a track of a smart playlist."""

    reason: str  # written after a number, as in "5 advertisements" or "5 in smart playlists"


RawRecord = str | dict[str, Any]  # the text of a line, or a JSON object
# Line number, raw record, and one of: the row, the reason to leave the record out, the reason to reject it (text).
Record = tuple[int, RawRecord, Row | LeftOut | str]
Where = Callable[[Sequence[int]], Iterable[tuple[int, RawRecord]]]  # row indices -> line number and raw record of each


@dataclass(frozen=True, slots=True)
class RowBlock:
    """Consecutive rows of a file.

    Attributes:
        table: the columns of `COLUMNS` as large_string, possibly dictionary-encoded; only key and uri may be null.
            The columns of `FACTS` and `IDENTIFIERS` exist only if a row has a value; they are strings with nulls.
        rejects: the rejected records among these rows.
        bytes_read: bytes of the file on disk that have been read so far.
        replaced: number of characters that have replaced undecodable bytes so far.
        left_out: reason -> number of records that were left out.
    """

    table: pa.Table
    rejects: list[Reject] = field(default_factory=list)
    bytes_read: int = 0
    replaced: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def used(self) -> int:
        """Number of rows in the table."""
        return int(self.table.num_rows)


class Reader(Protocol):
    """Protocol: a source that can be read once, from start to end."""

    @property
    def format(self) -> str:
        """The name of the format."""
        ...

    @property
    def file(self) -> SourceFile | None:
        """The file, or None for the built-in sample."""
        ...

    def blocks(self) -> Iterator[RowBlock]:
        """Yield the rows in order."""
        ...


def gather_blocks(records: Iterable[Record], stream: OpenFile, settings: ExtractSettings) -> Iterator[RowBlock]:
    """Collect records into blocks, at most as many records as the setting `num_rows` allows.

    Records that name no track are rejected.
    """
    left = iter(records) if settings.num_rows == ALL_ROWS else islice(records, settings.num_rows)
    if period := settings.period:
        left = ((line, raw, _in_period(found, period)) for line, raw, found in left)
    while some := list(islice(left, BLOCK_RECORDS)):
        rows = [(line, raw, found) for line, raw, found in some if isinstance(found, Row)]
        left_out = Counter(found.reason for _, _, found in some if isinstance(found, LeftOut))
        rejects = [
            Reject(stream.file.name, at, found, as_text(raw)) for at, raw, found in some if isinstance(found, str)
        ]
        try:
            table = _table(row for _, _, row in rows)
        except UnicodeEncodeError:
            halves = [record for record in rows if not is_valid_text(record[2])]
            rejects += [Reject(stream.file.name, at, LONE_SURROGATE, as_text(raw)) for at, raw, _ in halves]
            rows = [record for record in rows if is_valid_text(record[2])]
            table = _table(row for _, _, row in rows)

        def where(at: Sequence[int], rows: Sequence[tuple[int, RawRecord, Row]] = rows) -> list[tuple[int, RawRecord]]:
            return [rows[row][:2] for row in at]

        block = make_block(
            table,
            where,
            rejects,
            file=stream.file.name,
            settings=settings,
            so_far=(stream.bytes_read, stream.replaced),
        )
        yield replace(block, left_out=dict(left_out))


def _in_period(found: Row | LeftOut | str, period: Period) -> Row | LeftOut | str:
    """Return a record unchanged or, if it is a row outside the period, the reason for leaving it out."""
    reason = period.reason_outside(found.added) if isinstance(found, Row) else None
    return found if reason is None else LeftOut(reason)


def _table(rows: Iterable[Row]) -> pa.Table:
    """Convert rows to a table of dictionary-encoded strings."""
    columns: dict[str, Sequence[Any]]
    columns = dict(zip(Row._fields, zip(*rows, strict=True), strict=False)) or dict.fromkeys(COLUMNS, ())
    columns.pop("added", None)
    stated = {name: column for name, column in columns.items() if name in COLUMNS or any(column)}
    if "seconds" in stated:
        stated["seconds"] = [None if number is None else str(number) for number in stated["seconds"]]
    return pa.table({name: pa.array(column, TEXT).dictionary_encode() for name, column in stated.items()})


def is_valid_text(texts: Iterable[object]) -> bool:
    """Whether all strings can be encoded as UTF-8; strings from JSON may contain lone surrogates."""
    return all(is_utf8(text) for text in texts if isinstance(text, str))


def make_block(
    table: pa.Table,
    where: Where,
    rejects: Sequence[Reject],
    *,
    file: str,
    settings: ExtractSettings,
    so_far: tuple[int, int],
    unusable: dict[int, str] | None = None,
) -> RowBlock:
    """Create a block of rows, in which rows that name no track are rejected.

    Args:
        table: the rows, with dictionary-encoded strings.
        where: function that returns the line numbers and raw records of given rows of the table.
        rejects: records between these rows that are already rejected.
        file: name of the file.
        settings: `keep` determines whether placeholders count as names.
        so_far: `bytes_read` and `replaced` of the block.
        unusable: row index -> reason for rejecting the row; by default, the result of `find_unusable`.
    """
    found = list(rejects)
    unusable = find_unusable(table, settings) if unusable is None else unusable
    for (line, raw), reason in zip(where(list(unusable)), unusable.values(), strict=True):
        found.append(Reject(file, line, reason, as_text(raw)))
    found.sort(key=lambda reject: reject.line)
    return RowBlock(without(table, unusable), found, *so_far)


def dictionary_of(column: pa.Array | str | None, number: int) -> pa.DictionaryArray:
    """Return a dictionary-encoded column of `number` rows.

    Args:
        column: the values; a single string is repeated in all rows, and None gives nulls.
        number: number of rows.
    """
    if column is None:
        return pa.nulls(number, DICTIONARY)
    if isinstance(column, str):
        return pa.DictionaryArray.from_arrays(pa.array(np.zeros(number, np.int32)), pa.array([column], TEXT))
    return column.dictionary_encode()


def encoded_tracks(strings: pa.Array) -> pa.DictionaryArray:
    """Dictionary-encode names or uris of tracks; if most of them are distinct, each row has an entry of its own.

    Finding the few equal strings of such a block would take longer than giving numbers to all strings later. So equal
    strings may have different codes.
    """
    first = strings[:EXAMINED]
    if len(strings) > EXAMINED and pc.count_distinct(first).as_py() > MOSTLY_DISTINCT * EXAMINED:
        return pa.DictionaryArray.from_arrays(pa.array(np.arange(len(strings), dtype=np.int32)), strings)
    return strings.dictionary_encode()


def null_for_empty(column: pa.Array) -> pa.Array:
    """Replace empty strings by nulls."""
    return pc.if_else(pc.equal(column, ""), pa.scalar(None, column.type), column)


def as_text(raw: object) -> str:
    """Return a raw record as text: a line unchanged, an object as JSON; lone surrogates are written as \\uXXXX."""
    text = raw if isinstance(raw, str) else _json_of(raw)
    return text if is_utf8(text) else text.encode("utf-8", "backslashreplace").decode("utf-8")


def _json_of(raw: object) -> str:
    """Return an object as JSON text, exactly as the module `json` of Python writes it."""
    # msgspec is three times as fast as Python, but it writes floats in another form.
    if isinstance(raw, dict) and SIMPLE.issuperset(map(type, raw.values())):
        import msgspec

        try:
            return msgspec.json.format(msgspec.json.encode(raw), indent=0).decode()
        except (UnicodeEncodeError, OverflowError):
            pass  # msgspec cannot write a lone surrogate, or an integer of more than 64 bits
    return UNESCAPED.encode(raw)


def rows_with(names: pa.DictionaryArray, fitting: pa.BooleanArray) -> npt.NDArray[np.int64]:
    """Return the indices of the rows whose value fits; `fitting` has one flag per value of the dictionary."""
    fits = fitting.to_numpy(zero_copy_only=False)
    return np.flatnonzero(fits[names.indices.to_numpy()]) if fits.any() else np.empty(0, np.int64)


def find_unusable(table: pa.Table, settings: ExtractSettings) -> dict[int, str]:
    """Find the rows that name no track: artist and title are empty or placeholders.

    A value such as NaN may be the real name of an artist or a track. Therefore, it is a placeholder only if both artist
    and title are such values.

    Args:
        table: the rows, with dictionary-encoded strings.
        settings: `keep` determines whether placeholders count as names.

    Returns:
        Row index -> reason for the rejection.
    """
    judged = "placeholders" not in (settings.keep or ())
    words = ["", *(PLACEHOLDERS if judged else ())]
    artists = table["artist"].combine_chunks()
    # An artist that starts with an ASCII letter or digit is a name. Only the few rows with other artists are checked.
    doubtful = pc.invert(pc.ascii_is_alnum(pc.utf8_slice_codeunits(artists.dictionary, 0, 1)))
    if judged:
        unknown = pc.or_(are_missing(artists.dictionary), pc.is_in(artists.dictionary, pa.array(["ID", "id"], TEXT)))
        doubtful = pc.or_(doubtful, unknown)
    rows = np.flatnonzero(doubtful.to_numpy(zero_copy_only=False)[artists.indices.to_numpy()])
    if not len(rows):
        return {}
    written = [table[name].take(rows).cast(TEXT) for name in ("artist", "title")]
    names = [pc.utf8_lower(pc.utf8_trim_whitespace(name)) for name in written]
    unnamed = pc.and_(*(pc.is_in(name, pa.array(words, TEXT)) for name in names)).to_numpy()
    unnamed = unnamed | (judged and pc.and_(*map(are_missing, written)).to_numpy())
    nameless = pc.and_(*(pc.equal(name, "") for name in names)).to_numpy()
    found = np.flatnonzero(unnamed)
    uris = table["uri"].take(rows[found]).to_pylist()
    return {
        int(rows[at]): PLACEHOLDER if not nameless[at] else ONLY_AN_ID if uri else NAMELESS
        for at, uri in zip(found, uris, strict=True)
    }


def without(table: pa.Table, rows: Collection[int]) -> pa.Table:
    """Return a table without the rows with the given indices."""
    return table.take(np.delete(np.arange(table.num_rows), list(rows))) if rows else table
