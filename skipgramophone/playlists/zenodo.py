"""The Zenodo / Kaggle "Spotify Playlists" dialect: four quoted fields a line, quotes inside them not always escaped.

    "user_id", "artistname", "trackname", "playlistname"
    "user01","Fall Out Boy","A Little Less Sixteen Candles, A Little More "Touch Me"","Fluff"

The data set's own readme names the backslash as its escape, yet most quotes inside names stand bare, so a CSV parser
mangles them. The fields are found by the one thing that holds: they stand between `","`. A backslash escapes
a quote or a backslash and nothing else (the artist is called `Axwell /\\ Ingrosso`). A column of track uris may follow.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from skipgramophone.errors import SourceError
from skipgramophone.playlists.files import OpenFile, SourceFile
from skipgramophone.playlists.lines import LineBlock, read_lines
from skipgramophone.playlists.rows import COLUMNS, TEXT, Reject, RowBlock, why_unusable, without
from skipgramophone.settings import ALL_ROWS, ExtractSettings

COLUMN_OF_HEADER = {
    "user_id": "owner",
    "artistname": "artist",
    "trackname": "title",
    "playlistname": "playlist",
    "trackuri": "uri",
    "track_uri": "uri",
    "uri": "uri",
}
REQUIRED = {"owner", "playlist", "artist", "title"}


def columns_of(header: str) -> tuple[str, ...] | None:
    """Name the columns of a header line of this dialect, or None where it is another.

    >>> columns_of('"user_id", "artistname", "trackname", "playlistname"')
    ('owner', 'artist', 'title', 'playlist')
    """
    names = [part.strip().strip('"').strip().lower() for part in header.removeprefix("\ufeff").split(",")]
    columns = tuple(COLUMN_OF_HEADER.get(name, "") for name in names)
    fits = "" not in columns and len(set(columns)) == len(columns) and set(columns) >= REQUIRED
    return columns if fits else None


@dataclass(frozen=True, slots=True)
class ZenodoReader:
    """Reads one file of the dialect."""

    file: SourceFile
    settings: ExtractSettings
    format: str = "zenodo"

    def blocks(self) -> Iterator[RowBlock]:
        """Deliver the rows in order, up to `num_rows` of them, used or rejected.

        Raises:
            SourceError: the header is not of this dialect, or no row follows it.
        """
        columns: tuple[str, ...] | None = None
        rows, limit = 0, self.settings.num_rows
        with self.file.open(self.settings.encoding, self.settings.bad_bytes == "replace") as stream:
            for block in read_lines(stream):
                if columns is None:
                    columns = self._header(block)
                    block = LineBlock(block.lines[1:], block.numbers[1:], block.rejects, block.bytes_read)
                block = _first_rows(block, limit - rows) if limit != ALL_ROWS else block
                rows += len(block.lines) + len(block.rejects)
                if len(block.lines) or block.rejects:
                    yield _parse(stream, block, columns, self.settings)
                if rows == limit:
                    return
        if not rows:
            raise SourceError(f"{self.file.called}: a header and no rows")

    def _header(self, block: LineBlock) -> tuple[str, ...]:
        """Take the columns from the first line."""
        first = block.lines[0].as_py() if len(block.lines) and block.numbers[0] == 1 else ""
        columns = columns_of(first)
        if columns is None:
            raise SourceError(f"{self.file.called}: the first line is not a header of the Zenodo dialect")
        return columns


def _first_rows(block: LineBlock, limit: int) -> LineBlock:
    """Keep the first rows of a block, counting rejected lines as rows."""
    numbers = np.sort(np.concatenate([block.numbers, [reject.line for reject in block.rejects]]))
    if len(numbers) <= limit:
        return block
    last = numbers[limit - 1]
    kept = int(np.searchsorted(block.numbers, last, "right"))
    rejects = [reject for reject in block.rejects if reject.line <= last]
    return LineBlock(block.lines[:kept], block.numbers[:kept], rejects, block.bytes_read)


def _parse(stream: OpenFile, block: LineBlock, columns: tuple[str, ...], settings: ExtractSettings) -> RowBlock:
    """Split the lines of a block into columns, rejecting those of another shape."""
    lines = block.lines
    # The outer quotes go first: a name that is a comma alone would make another separator with them.
    parts = pc.split_pattern(pc.utf8_slice_codeunits(lines, 1, -1), '","')
    found = pc.list_value_length(parts)
    # One field needs its two quotes: '"' alone is no row.
    framed = pc.and_(
        pc.starts_with(lines, '"'), pc.and_(pc.ends_with(lines, '"'), pc.greater(pc.binary_length(lines), 1))
    )
    fits = pc.and_(framed, pc.equal(found, len(columns)))
    all_fit = pc.all(fits).as_py()
    fields = pc.list_flatten(parts if all_fit else parts.filter(fits))
    table = {name: _column(fields, at, len(columns)) for at, name in enumerate(columns)}
    nothing = table["key"] = pa.nulls(len(table["artist"]), TEXT)
    table["uri"] = pc.if_else(pc.equal(table["uri"], ""), nothing, table["uri"]) if "uri" in table else nothing
    rows = pa.table({name: table[name] for name in COLUMNS})
    unusable = why_unusable(rows, settings)
    rejects = [*block.rejects, *(() if all_fit else _misshapen(stream, block, fits, found, len(columns)))]
    if unusable:
        used = np.flatnonzero(fits.to_numpy(zero_copy_only=False))
        rejects += [_reject(stream, block, int(used[at]), reason) for at, reason in unusable.items()]
    rejects.sort(key=lambda reject: reject.line)
    return RowBlock(without(rows, unusable), rejects, block.bytes_read, stream.replaced)


def _column(fields: pa.Array, at: int, width: int) -> pa.Array:
    """Take one column out of the fields of all rows (row after row), escapes undone."""
    column = fields.take(pa.array(np.arange(at, len(fields), width)))
    if pc.any(pc.match_substring(column, "\\")).as_py():
        column = pc.replace_substring_regex(column, r'\\(["\\])', r"\1")
    return column


def _misshapen(stream: OpenFile, block: LineBlock, fits: pa.Array, found: pa.Array, width: int) -> Iterator[Reject]:
    """Say of each line of another shape what is wrong with it."""
    for at in np.flatnonzero(~fits.to_numpy(zero_copy_only=False)).tolist():
        line, fields = block.lines[at].as_py(), found[at].as_py()
        if not line.strip():
            reason = "blank line"
        elif not (line.startswith('"') and line.endswith('"') and len(line) > 1):
            reason = "does not begin and end with a quote"
        else:
            reason = f"{fields} fields where {width} are wanted"
        yield _reject(stream, block, at, reason)


def _reject(stream: OpenFile, block: LineBlock, at: int, reason: str) -> Reject:
    """A line of a block that is not used."""
    return Reject(stream.file.name, int(block.numbers[at]), reason, block.lines[at].as_py())
