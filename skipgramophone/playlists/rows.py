"""Rows of playlists, as every reader delivers them: one row is one track at one place of one playlist.

A reader turns a file into a stream of `RowBlock`s. A block holds columns and never cuts, merges or drops: what it
could not use stands in `rejects`, so that rows read = rows used + rows rejected, always. A reader that goes record by
record is a function that yields `Record`s; `gathered` makes blocks of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, Protocol

import pyarrow as pa

from skipgramophone.settings import ALL_ROWS, ExtractSettings

if TYPE_CHECKING:
    from skipgramophone.playlists.files import OpenFile, SourceFile

COLUMNS = ("owner", "playlist", "key", "artist", "title", "uri")
BLOCK_RECORDS = 1 << 16
NAMELESS = "neither artist nor title"


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
    number, a line, a file) says so there. None: owner and name are all there is.
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
    """Some rows of a file in their order: `table` has the string columns of `COLUMNS`; key and uri may hold nulls."""

    table: pa.Table
    rejects: list[Reject] = field(default_factory=list)
    bytes_read: int = 0  # of the file as it lies on disk, so far

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
        rows, rejects = [], []
        for line, text, found in some:
            reason = found if isinstance(found, str) else _unusable(found)
            if reason is None:
                rows.append(found)
            else:
                rejects.append(Reject(stream.file.name, line, reason, text))
        columns = zip(*rows, strict=True) if rows else ([] for _ in COLUMNS)
        table = {name: pa.array(column, pa.large_string()) for name, column in zip(COLUMNS, columns, strict=True)}
        yield RowBlock(pa.table(table), rejects, stream.bytes_read)


def _unusable(row: Row) -> str | None:
    """Why a row names no track, or None where it does."""
    return None if row.artist.strip() or row.title.strip() else NAMELESS
