"""Rows of playlists, the output of every reader: one row is one track at one place of one playlist.

A reader turns a file into a stream of `RowBlock`s. It never splits, merges or drops rows silently: rows that it cannot
use are in `rejects`, and rows that do not belong to a playlist are counted in `left_out`, so that always rows read =
rows used + rows rejected + rows left out. A reader that works record by record is a
function that yields `Record`s, from which `gather_blocks` makes blocks.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from skipgramophone.experiment.arrow_types import TEXT
from skipgramophone.settings import ALL_ROWS, ExtractSettings
from skipgramophone.utf8 import is_utf8

if TYPE_CHECKING:
    from skipgramophone.playlists.readers.source_files import OpenFile, SourceFile

COLUMNS = ("owner", "playlist", "key", "artist", "title", "uri")
BLOCK_RECORDS = 1 << 16
UNESCAPED = json.JSONEncoder(ensure_ascii=False)
IN_ONE_FILE = "\0"
DICTIONARY = pa.dictionary(pa.int32(), TEXT)
NAMELESS = "neither artist nor title"
NAME_NOT_TEXT = "a name that is not text"
LONE_SURROGATE = "a name with a lone surrogate, which is not valid text"
PLACEHOLDER = "a placeholder instead of a name"
PLACEHOLDERS = ("-", "<missing>", "<unknown>", "[unknown]")  # in lower case


@dataclass(frozen=True, slots=True)
class Reject:
    """One input record that was not used."""

    file: str
    line: int  # counted from 1, as in an editor
    reason: str
    text: str  # the whole line, undecodable bytes as \\xNN


class Row(NamedTuple):
    """One track at one place of one playlist.

    Rows with equal owner, name and `key` belong to one playlist. A format that can have several playlists of one name
    sets the key to a number, line or file; otherwise it is None. A key that contains `IN_ONE_FILE` is valid within its
    file only: line 17 of next month's file is not the playlist that line 17 was this month.
    """

    owner: str
    playlist: str
    key: str | None
    artist: str
    title: str
    uri: str | None = None


class LeftOut(NamedTuple):
    """A valid record that is left out on purpose, such as a track of a smart playlist."""

    reason: str  # completes "5 rows left out …", as in "in smart playlists"


RawRecord = str | dict[str, Any]  # the text of a line, or a part of a JSON document, which is reported as JSON
# Line number, raw record, and the row, the reason for leaving it out, or the reason for rejecting it.
Record = tuple[int, RawRecord, Row | LeftOut | str]
Where = Callable[[Sequence[int]], Iterable[tuple[int, RawRecord]]]  # row indices -> their lines and raw records


@dataclass(frozen=True, slots=True)
class RowBlock:
    """Some rows of a file, in order.

    `table` has the columns of `COLUMNS` as strings (large_string), which may be dictionary-encoded. Only key and uri
    may be null.
    """

    table: pa.Table
    rejects: list[Reject] = field(default_factory=list)
    bytes_read: int = 0  # bytes on disk that have been read of the file so far
    replaced: int = 0  # characters that replace undecodable bytes of the file so far
    left_out: Mapping[str, int] = field(default_factory=dict)  # reason -> rows that the reader or the settings left out

    @property
    def used(self) -> int:
        """Number of rows in the table."""
        return int(self.table.num_rows)


class Reader(Protocol):
    """A source that can be read once from start to end."""

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
    """Collect up to `num_rows` records into blocks, and reject those that name no track."""
    left = iter(records) if settings.num_rows == ALL_ROWS else islice(records, settings.num_rows)
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


def _table(rows: Iterable[Row]) -> pa.Table:
    """Return rows as a table of dictionary-encoded strings."""
    columns = list(zip(*rows, strict=True)) or [()] * len(COLUMNS)
    return pa.table(
        {name: pa.array(column, TEXT).dictionary_encode() for name, column in zip(COLUMNS, columns, strict=True)}
    )


def is_valid_text(texts: Iterable[str | None]) -> bool:
    """Whether strings can be encoded as UTF-8: JSON escapes can produce lone surrogates."""
    return all(is_utf8(text) for text in texts if text)


def make_block(
    table: pa.Table,
    where: Where,
    rejects: Sequence[Reject],
    *,
    file: str,
    settings: ExtractSettings,
    so_far: tuple[int, int],
) -> RowBlock:
    """Return a block of rows, without those that name no track.

    Args:
        table: the rows, with dictionary-encoded strings.
        where: returns the lines and raw records of given rows of the table.
        rejects: records between these rows that are already rejected.
        file: name of the file.
        settings: says whether placeholders count as names.
        so_far: bytes that were read of the file, and characters that replace undecodable bytes.
    """
    found = list(rejects)
    unusable = find_unusable(table, settings)
    for (line, raw), reason in zip(where(list(unusable)), unusable.values(), strict=True):
        found.append(Reject(file, line, reason, as_text(raw)))
    found.sort(key=lambda reject: reject.line)
    return RowBlock(without(table, unusable), found, *so_far)


def dictionary_of(column: pa.Array | str | None, number: int) -> pa.DictionaryArray:
    """Return a dictionary-encoded column; a single string, or None for nulls, is repeated for `number` rows."""
    if column is None:
        return pa.nulls(number, DICTIONARY)
    if isinstance(column, str):
        return pa.DictionaryArray.from_arrays(pa.array(np.zeros(number, np.int32)), pa.array([column], TEXT))
    return column.dictionary_encode()


def null_for_empty(column: pa.Array) -> pa.Array:
    """Replace empty strings by nulls."""
    return pc.if_else(pc.equal(column, ""), pa.scalar(None, column.type), column)


def as_text(raw: object) -> str:
    """Return a line unchanged or a part of a document as JSON; lone surrogates are written as \\uXXXX."""
    text = raw if isinstance(raw, str) else UNESCAPED.encode(raw)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def find_unusable(table: pa.Table, settings: ExtractSettings) -> dict[int, str]:
    """Find the rows that name no track: they have neither artist nor title, or only placeholders for them.

    Args:
        table: the rows, with dictionary-encoded strings.
        settings: says whether placeholders count as names.

    Returns:
        Row index -> reason.
    """
    words = ["", *(PLACEHOLDERS if "placeholders" not in (settings.keep or ()) else ())]
    artists = table["artist"].combine_chunks()
    # An artist that starts with a letter or digit is a name. Nearly all do, so few rows need the full check.
    doubtful = pc.invert(pc.ascii_is_alnum(pc.utf8_slice_codeunits(artists.dictionary, 0, 1)))
    rows = np.flatnonzero(doubtful.to_numpy(zero_copy_only=False)[artists.indices.to_numpy()])
    names = [pc.utf8_lower(pc.utf8_trim_whitespace(table[name].take(rows).cast(TEXT))) for name in ("artist", "title")]
    unnamed = pc.and_(*(pc.is_in(name, pa.array(words, TEXT)) for name in names)).to_numpy()
    nameless = pc.and_(*(pc.equal(name, "") for name in names)).to_numpy()
    return {int(rows[at]): NAMELESS if nameless[at] else PLACEHOLDER for at in np.flatnonzero(unnamed)}


def without(table: pa.Table, rows: Collection[int]) -> pa.Table:
    """Return a table without some of its rows."""
    return table.take(np.delete(np.arange(table.num_rows), list(rows))) if rows else table
