"""Rows of playlists, as every reader delivers them: one row is one track at one place of one playlist.

A reader turns a file into a stream of `RowBlock`s. A block holds columns and never cuts, merges or drops: what it
could not use stands in `rejects`, so that rows read = rows used + rows rejected, always. A reader that goes record by
record is a function that yields `Record`s; `gathered` makes blocks of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from skipgramophone.settings import ALL_ROWS, ExtractSettings

if TYPE_CHECKING:
    from skipgramophone.playlists.files import OpenFile, SourceFile

COLUMNS = ("owner", "playlist", "key", "artist", "title", "uri")
BLOCK_RECORDS = 1 << 16
IN_ONE_FILE = "\0"
TEXT = pa.large_string()
KEPT_ONCE = pa.dictionary(pa.int32(), TEXT)
NAMELESS = "neither artist nor title"
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


Record = tuple[int, str, Row | str]  # line, what stands there, the row or why it is none


@dataclass(frozen=True, slots=True)
class RowBlock:
    """Some rows of a file in their order.

    `table` has the columns of `COLUMNS` as strings, which may be kept once each; key and uri may hold nulls.
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


def gathered(records: Iterable[Record], stream: OpenFile, settings: ExtractSettings) -> Iterator[RowBlock]:
    """Gather records into blocks, up to `num_rows` of them; one that names no track is rejected."""
    left = iter(records) if settings.num_rows == ALL_ROWS else islice(records, settings.num_rows)
    while some := list(islice(left, BLOCK_RECORDS)):
        rows = [(line, text, found) for line, text, found in some if not isinstance(found, str)]
        rejects = [Reject(stream.file.name, at, found, text) for at, text, found in some if isinstance(found, str)]
        columns = zip(*(row for _, _, row in rows), strict=True) if rows else ([] for _ in COLUMNS)
        table = pa.table(
            {name: pa.array(column, TEXT).dictionary_encode() for name, column in zip(COLUMNS, columns, strict=True)}
        )
        unusable = why_unusable(table, settings)
        named = [(rows[at][:2], reason) for at, reason in unusable.items()]
        rejects += [Reject(stream.file.name, line, reason, text) for (line, text), reason in named]
        rejects.sort(key=lambda reject: reject.line)
        yield RowBlock(without(table, unusable), rejects, stream.bytes_read, stream.replaced)


def why_unusable(table: pa.Table, settings: ExtractSettings) -> dict[int, str]:
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
