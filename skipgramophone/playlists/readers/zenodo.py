"""Read the data set "Spotify Playlists" of Zenodo and Kaggle: quoted fields, with quotes that may be unescaped.

    "user_id", "artistname", "trackname", "playlistname"
    "user01","Fall Out Boy","A Little Less Sixteen Candles, A Little More "Touch Me"","Fluff"

According to its readme, the backslash is the escape character. But most quotes inside names are not escaped, so a CSV
parser misreads these lines. Fields are therefore split at `","`, the only reliable delimiter. A backslash escapes only
a quote or a backslash (there is an artist `Axwell /\\ Ingrosso`). There may also be a column of track uris.

Most lines have exactly two quotes per field. A CSV parser reads them, with the quote as delimiter, so that columns of
fields and columns of commas alternate. This is many times as fast as splitting lines. All other lines are split.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from skipgramophone.errors import FormatError, SourceError
from skipgramophone.experiment.arrow_types import TEXT
from skipgramophone.parallel import run_in_order
from skipgramophone.playlists.readers.lines import (
    BYTE_ORDER_MARK,
    LineBlock,
    RawLines,
    decode_lines,
    is_text,
    read_raw_lines,
    text_lines,
    with_plain_ends,
)
from skipgramophone.playlists.readers.rows import COLUMNS, DICTIONARY, Reject, RowBlock, encoded_tracks, make_block
from skipgramophone.playlists.readers.source_files import OpenFile, SourceFile
from skipgramophone.settings import ALL_ROWS, ExtractSettings
from skipgramophone.wording import plural

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
CSV_BYTES = 1 << 19  # number of bytes that the CSV parser parses at once; they fit into the processor's cache


def columns_of(header: str) -> tuple[str, ...] | None:
    """Return the roles of the columns in a header line of this data set, or None for another line.

    >>> columns_of('"user_id", "artistname", "trackname", "playlistname"')
    ('owner', 'artist', 'title', 'playlist')
    """
    parts = header.removeprefix("\ufeff").split(",", len(COLUMN_OF_HEADER))  # a longer header does not fit
    names = [part.strip().strip('"').strip().lower() for part in parts]
    columns = tuple(COLUMN_OF_HEADER.get(name, "") for name in names)
    fits = "" not in columns and len(set(columns)) == len(columns) and set(columns) >= REQUIRED
    return columns if fits else None


Ids = npt.NDArray[np.int64]
Fits = npt.NDArray[np.bool_]
Fields = dict[str, pa.Array]


@dataclass(frozen=True, slots=True)
class ZenodoReader:
    """Reads one file of the data set."""

    file: SourceFile
    settings: ExtractSettings
    format: str = "zenodo"

    def blocks(self) -> Iterator[RowBlock]:
        """Yield the rows in order, at most as many as the setting `num_rows` allows, including rejected rows.

        Raises:
            SourceError: the first line is not a header of this data set, or there are no rows.
        """
        with self.file.open(self.settings.encoding, self.settings.bad_bytes == "replace") as stream:
            yield from run_in_order(self._parsing(stream))

    def _parsing(self, stream: OpenFile) -> Iterator[Callable[[], RowBlock]]:
        """Read blocks of lines; for each block, yield a function that parses the block."""
        columns: tuple[str, ...] | None = None
        rows, limit = 0, self.settings.num_rows
        for raw in read_raw_lines(stream):
            if columns is None:
                header, raw = raw.split_at(1)
                columns = self._columns(header.data)
            if limit != ALL_ROWS:
                raw, _ = raw.split_at(limit - rows)
            if not raw.data:
                continue
            rows += len(raw)
            if is_text(raw.data):
                yield partial(self._parse_text, raw, columns, stream.replaced)
            else:
                yield partial(self._parse_lines, decode_lines(stream, raw), columns, stream.replaced)
            if rows == limit:
                return
        if not rows:
            raise SourceError(f"{self.file.display_name} has a header but no rows")

    def _columns(self, header: bytes) -> tuple[str, ...]:
        """Return the roles of the columns in the first line; raise `SourceError` if it is not a header."""
        columns = columns_of(header.decode("utf-8", "replace"))
        if columns is None:
            raise FormatError(f"{self.file.display_name}: the first line is not a header of the Zenodo data set")
        return columns

    def _parse_text(self, raw: RawLines, columns: tuple[str, ...], replaced: int) -> RowBlock:
        """Parse lines of valid UTF-8: most lines with the CSV parser, the others by splitting."""
        plain = with_plain_ends(raw.data)
        # A copy has to count its lines again, so it is made only if the data has changed.
        raw = raw if plain is raw.data else replace(raw, data=plain)
        others: list[csv.InvalidRow] = []
        fields = _between_quotes(raw.data, columns, others)
        if fields is None:
            return self._parse_lines(text_lines(raw), columns, replaced)
        other_lines = LineBlock(
            pa.array([row.text for row in others], TEXT),
            np.array([row.number for row in others], np.int64) + (raw.first - 1),
        )
        other_fields, fits, rejects = self._split(other_lines, columns)
        places = other_lines.numbers - raw.first
        is_other = np.zeros(len(raw), np.bool_)
        is_other[places] = True
        is_row = ~is_other
        is_row[places[fits]] = True
        added = is_other[is_row]
        table = {name: _inserted(fields[name], added, other_fields[name]) for name in columns}
        table = {name: _unescaped(column) for name, column in table.items()} if b"\\" in raw.data else table
        so_far = raw.bytes_read, replaced
        return self._block(table, np.flatnonzero(is_row) + raw.first, raw.texts, rejects=rejects, so_far=so_far)

    def _parse_lines(self, block: LineBlock, columns: tuple[str, ...], replaced: int) -> RowBlock:
        """Parse all lines by splitting."""
        fields, fits, rejects = self._split(block, columns)
        table = {name: _unescaped(fields[name].dictionary_encode()) for name in columns}

        def texts(numbers: Ids) -> list[str]:
            taken: list[str] = block.lines.take(pa.array(np.searchsorted(block.numbers, numbers))).to_pylist()
            return taken

        rejects = [*block.rejects, *rejects]
        so_far = block.bytes_read, replaced
        return self._block(table, block.numbers[fits], texts, rejects=rejects, so_far=so_far)

    def _block(
        self,
        fields: Fields,
        numbers: Ids,
        texts: Callable[[Ids], list[str]],
        *,
        rejects: list[Reject],
        so_far: tuple[int, int],
    ) -> RowBlock:
        """Create a block; rows that name no track are rejected. `texts` returns the lines with given numbers."""
        nothing = pa.nulls(len(numbers), DICTIONARY)
        table = {**fields, "key": nothing, "uri": _null_for_empty(fields["uri"]) if "uri" in fields else nothing}
        rows = pa.table({name: table[name] for name in COLUMNS})

        def where(at: Sequence[int]) -> Iterator[tuple[int, str]]:
            return zip(numbers[at].tolist(), texts(numbers[at]), strict=True)

        return make_block(rows, where, rejects, file=self.file.name, settings=self.settings, so_far=so_far)

    def _split(self, block: LineBlock, columns: tuple[str, ...]) -> tuple[Fields, Fits, list[Reject]]:
        """Split lines at the delimiter; return the columns, a mask of the lines that are rows, and the rejects."""
        lines, width = block.lines, len(columns)
        # Outer quotes are removed first; otherwise, a field with only a comma would look like a delimiter.
        parts = pc.split_pattern(pc.utf8_slice_codeunits(lines, 1, -1), '","')
        found = pc.list_value_length(parts)
        # A row needs two characters, because the single character '"' both begins and ends with a quote.
        framed = pc.and_(
            pc.starts_with(lines, '"'), pc.and_(pc.ends_with(lines, '"'), pc.greater(pc.binary_length(lines), 1))
        )
        fits = pc.and_(framed, pc.equal(found, width))
        fields = pc.list_flatten(parts.filter(fits))
        table = {name: fields.take(pa.array(np.arange(at, len(fields), width))) for at, name in enumerate(columns)}
        flags = fits.to_numpy(zero_copy_only=False)
        rejects = [
            Reject(self.file.name, int(block.numbers[at]), _misshapen(lines[at].as_py(), found[at].as_py(), width),
                   lines[at].as_py())
            for at in np.flatnonzero(~flags).tolist()
        ]  # fmt: skip
        return table, flags, rejects


def _between_quotes(
    data: bytes, columns: tuple[str, ...], others: list[csv.InvalidRow]
) -> dict[str, pa.ChunkedArray] | None:
    """Parse the lines with two quotes per field; lines with more or fewer quotes are appended to `others`.

    Returns:
        The columns, or None if a line has a carriage return, has the right number of quotes in the wrong places, or is
        too long for the CSV parser.
    """
    if b"\r" in data or data.startswith(BYTE_ORDER_MARK):
        return None
    # The quotes are the delimiters, so there are columns between the fields. The first and the last of them are empty,
    # and the others contain the commas.
    between = [f"{at}" for at in range(len(columns) + 1)]
    names = [between[0]] + [name for pair in zip(columns, between[1:], strict=True) for name in pair]
    types = dict.fromkeys(columns, TEXT) | dict.fromkeys(between, pa.bool_())
    types |= {between[0]: pa.null(), between[-1]: pa.null()}

    def collect(row: csv.InvalidRow) -> str:
        others.append(row)
        return "skip"

    try:
        table = csv.read_csv(
            pa.BufferReader(data),
            csv.ReadOptions(use_threads=False, column_names=names, block_size=CSV_BYTES),
            csv.ParseOptions(
                delimiter='"', quote_char=False, ignore_empty_lines=False, invalid_row_handler=collect
            ),
            csv.ConvertOptions(
                check_utf8=False, column_types=types, null_values=[""], true_values=[","], false_values=[]
            ),
        )  # fmt: skip
    except pa.ArrowInvalid:
        return None
    if any(table[name].null_count for name in between[1:-1]):
        return None
    return {name: table[name] for name in columns}


def _inserted(column: pa.ChunkedArray, added: Fits, strings: pa.Array) -> pa.DictionaryArray:
    """Insert strings into a column, at the rows of the new column that `added` marks, and dictionary-encode it."""
    both = encoded_tracks(pa.chunked_array([*column.chunks, strings], TEXT).combine_chunks())
    if not len(strings):
        return both
    found = both.indices.to_numpy()
    codes = np.empty(len(added), np.int32)
    codes[~added], codes[added] = found[: len(column)], found[len(column) :]
    return pa.DictionaryArray.from_arrays(codes, both.dictionary)


def _unescaped(column: pa.DictionaryArray) -> pa.DictionaryArray:
    """Remove the backslashes that escape quotes and backslashes."""
    strings = pc.replace_substring_regex(column.dictionary, r'\\(["\\])', r"\1")
    return pa.DictionaryArray.from_arrays(column.indices, strings)


def _null_for_empty(column: pa.DictionaryArray) -> pa.DictionaryArray:
    """Replace empty strings by nulls."""
    empty = pc.equal(column.dictionary, "").to_numpy(zero_copy_only=False)
    codes = column.indices.to_numpy()
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=empty[codes]), column.dictionary)


def _misshapen(line: str, found: int, width: int) -> str:
    """Return the reason for rejecting a line: it is blank, lacks outer quotes, or does not have `width` fields."""
    if not line.strip():
        return "blank line"
    if not (line.startswith('"') and line.endswith('"') and len(line) > 1):
        return "does not begin and end with a quote"
    return f"{plural(found, 'field')} instead of {width}"
