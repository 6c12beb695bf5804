"""Rows of playlists, as every reader delivers them: one row is one track at one place of one playlist.

A reader turns a file into a stream of `RowBlock`s. A block holds columns and never cuts, merges or drops: what it
could not use stands in `rejects`, so that rows read = rows used + rows rejected, always. A reader that goes record by
record is a function that yields `Record`s; `gather_blocks` makes blocks of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from skipgramophone.settings import ALL_ROWS, ExtractSettings

if TYPE_CHECKING:
    from skipgramophone.playlists.readers.source_files import OpenFile, SourceFile

COLUMNS = ("owner", "playlist", "key", "artist", "title", "uri")
BLOCK_RECORDS = 1 << 16
IN_ONE_FILE = "\0"
TEXT = pa.large_string()
DICTIONARY = pa.dictionary(pa.int32(), TEXT)
NAMELESS = "neither artist nor title"
LONE_SURROGATE = "a name with half a pair of surrogates, which is no text"
PLACEHOLDER = "a placeholder instead of a name"
PLACEHOLDERS = ("-", "<missing>", "<unknown>", "[unknown]")  # in small letters


@dataclass(frozen=True, slots=True)
class Reject:
    """One input record that was not used."""

    file: str
    line: int  # counted from 1, as an editor counts
    reason: str
    text: str  # the line as it stands, bad bytes as \\xNN


class Row(NamedTuple):
    """One track at one place of one playlist.

    A playlist is what agrees in owner, name and `key`: a reader whose format tells playlists of one name apart (by a
    number, a line, a file) says so there. None: owner and name are all there is. A key with `IN_ONE_FILE` in it tells
    nothing of another file's playlists: line 17 of next month's file is not what line 17 of this month's was.
    """

    owner: str
    playlist: str
    key: str | None
    artist: str
    title: str
    uri: str | None = None


RawRecord = str | dict[str, Any]  # what stands at a place: the line, or a part of a document, which is raw as JSON
Record = tuple[int, RawRecord, Row | str]  # line, what stands there, the row or why it is none
Where = Callable[[Sequence[int]], Iterable[tuple[int, RawRecord]]]  # of some rows: their lines, and what stands there


@dataclass(frozen=True, slots=True)
class RowBlock:
    """Some rows of a file in their order.

    `table` has the columns of `COLUMNS` as strings (large_string), which may be kept once each; key and uri may hold
    nulls.
    """

    table: pa.Table
    rejects: list[Reject] = field(default_factory=list)
    bytes_read: int = 0  # of the file as it lies on disk, so far
    replaced: int = 0  # letters of it that stand for bad bytes, so far

    @property
    def used(self) -> int:
        """How many rows of the file stand in the table."""
        return int(self.table.num_rows)


class Reader(Protocol):
    """A file that can be read once from the start to the end."""

    @property
    def format(self) -> str:
        """Name of the format."""
        ...

    @property
    def file(self) -> SourceFile | None:
        """The file, if it is one."""
        ...

    def blocks(self) -> Iterator[RowBlock]:
        """Deliver the rows in order."""
        ...


def gather_blocks(records: Iterable[Record], stream: OpenFile, settings: ExtractSettings) -> Iterator[RowBlock]:
    """Gather records into blocks, up to `num_rows` of them; one that names no track is rejected."""
    left = iter(records) if settings.num_rows == ALL_ROWS else islice(records, settings.num_rows)
    while some := list(islice(left, BLOCK_RECORDS)):
        rows = [(line, raw, found) for line, raw, found in some if not isinstance(found, str)]
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

        yield make_block(table, where, rejects, stream.file.name, settings, (stream.bytes_read, stream.replaced))


def _table(rows: Iterable[Row]) -> pa.Table:
    """Rows as a table of strings that are kept once each."""
    columns = list(zip(*rows, strict=True)) or [()] * len(COLUMNS)
    return pa.table(
        {name: pa.array(column, TEXT).dictionary_encode() for name, column in zip(COLUMNS, columns, strict=True)}
    )


def is_valid_text(texts: Iterable[str | None]) -> bool:
    """Whether strings can be written as UTF-8: JSON may name one half of a pair of surrogates."""
    return not any(0xD800 <= ord(letter) <= 0xDFFF for text in texts if text for letter in text)


def make_block(
    table: pa.Table,
    where: Where,
    rejects: Sequence[Reject],
    file: str,
    settings: ExtractSettings,
    so_far: tuple[int, int],
) -> RowBlock:
    """A block of rows, less those that name no track.

    Args:
        table: the rows, strings kept once each.
        where: says of some rows of the table on which lines they stand, and what stands there.
        rejects: what was rejected among them before.
        file: the name of their file.
        settings: which words stand for no name.
        so_far: bytes that were read of the file, and letters that stand for bad ones.
    """
    found = list(rejects)
    unusable = find_unusable(table, settings)
    for (line, raw), reason in zip(where(list(unusable)), unusable.values(), strict=True):
        found.append(Reject(file, line, reason, as_text(raw)))
    found.sort(key=lambda reject: reject.line)
    return RowBlock(without(table, unusable), found, *so_far)


def dictionary_of(column: pa.Array | str | None, number: int) -> pa.DictionaryArray:
    """Strings kept once each; a single one, or none, is of that number of rows."""
    if column is None:
        return pa.nulls(number, DICTIONARY)
    if isinstance(column, str):
        return pa.DictionaryArray.from_arrays(pa.array(np.zeros(number, np.int32)), pa.array([column], TEXT))
    return column.dictionary_encode()


def null_for_empty(column: pa.Array) -> pa.Array:
    """Strings, but for empty ones."""
    return pc.if_else(pc.equal(column, ""), pa.scalar(None, column.type), column)


def as_text(raw: object) -> str:
    """A line as it is, and a part of a document as JSON; half a letter as \\uXXXX."""
    text = raw if isinstance(raw, str) else json.dumps(raw, ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def find_unusable(table: pa.Table, settings: ExtractSettings) -> dict[int, str]:
    """Which rows name no track, and why: they have neither artist nor title, or what stands for a missing name.

    The strings of the table are kept once each.
    """
    words = ["", *(PLACEHOLDERS if "placeholders" not in (settings.keep or ()) else ())]
    artists = table["artist"].combine_chunks()
    # An artist that begins with a letter or a digit stands for one, and nearly all do.
    doubtful = pc.invert(pc.ascii_is_alnum(pc.utf8_slice_codeunits(artists.dictionary, 0, 1)))
    rows = np.flatnonzero(doubtful.to_numpy(zero_copy_only=False)[artists.indices.to_numpy()])
    names = [pc.utf8_lower(pc.utf8_trim_whitespace(table[name].take(rows).cast(TEXT))) for name in ("artist", "title")]
    nowhere = pc.and_(*(pc.is_in(name, pa.array(words, TEXT)) for name in names)).to_numpy()
    nameless = pc.and_(*(pc.equal(name, "") for name in names)).to_numpy()
    return {int(rows[at]): NAMELESS if nameless[at] else PLACEHOLDER for at in np.flatnonzero(nowhere)}


def without(table: pa.Table, rows: Collection[int]) -> pa.Table:
    """A table less some rows."""
    return table.take(np.delete(np.arange(table.num_rows), list(rows))) if rows else table
