"""Read plain tables with Arrow, as columns of text with line numbers.

These tables are plain:

- CSV and TSV in which quotes are only around fields or, doubled, inside quoted fields;
- JSON lines with one object each, with text in all needed columns;
- Parquet files with text or integers in all needed columns (times may also be timestamps).

Records of other tables are read one by one, and are converted to the same form here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as arrow_json
import pyarrow.parquet as pq
from pyarrow import csv

from skipgramophone.experiment.arrow_types import TEXT
from skipgramophone.parallel import run_in_order
from skipgramophone.playlists.readers.columns import ColumnLayout, Roles, TableRecord, layout_of
from skipgramophone.playlists.readers.json_columns import objects_on_lines
from skipgramophone.playlists.readers.lines import BYTE_ORDER_MARK, RawLines, is_text, text_lines, with_plain_ends
from skipgramophone.playlists.readers.rows import BLOCK_RECORDS, LONE_SURROGATE, RawRecord, Where, is_valid_text
from skipgramophone.playlists.readers.tables import LONGEST_FIELD, REPEATED, delimiter_of, fields_of, spellings_of
from skipgramophone.settings import ALL_ROWS

Made = TypeVar("Made")
BATCH = 1 << 17  # number of rows of Parquet per block
Fault = tuple[int, str, RawRecord]  # line number, reason for the rejection, raw record


@dataclass(frozen=True, slots=True)
class PlainRows:
    """Rows as columns of text.

    Attributes:
        columns: role -> value of each row, large_string without nulls. Times may also be timestamps and positions
            integers, with nulls.
        where: function that returns the line numbers and raw records of given rows.
        faults: lines that are not valid rows.
    """

    columns: dict[str, pa.Array]
    where: Where
    faults: Sequence[Fault] = ()


class PlainLines(Protocol):
    """Protocol: a reader of blocks of plain lines (see the top of this module)."""

    def read(self, raw: RawLines) -> PlainRows | None:
        """Return the rows of a block of lines, or None if a line is not plain."""
        ...


def columns_of_records(records: Iterable[TableRecord], roles: Roles) -> Iterator[PlainRows]:
    """Convert records to blocks of rows."""
    left = iter(records)
    while some := list(islice(left, BLOCK_RECORDS)):
        yield _columns_of_records(some, roles)


def _columns_of_records(records: Sequence[TableRecord], roles: Roles) -> PlainRows:
    """Convert records to one block of rows."""
    faults = [(line, named, raw) for line, raw, named in records if isinstance(named, str)]
    good = [(line, raw, named) for line, raw, named in records if not isinstance(named, str)]
    try:
        columns = {role: pa.array([named[role] for _, _, named in good], TEXT) for role in roles}
    except UnicodeEncodeError:
        invalid = [(line, raw, LONE_SURROGATE) for line, raw, named in good if not is_valid_text(named.values())]
        valid = [record for record in good if is_valid_text(record[2].values())]
        return _columns_of_records([*((line, raw, named) for line, named, raw in faults), *invalid, *valid], roles)
    return PlainRows(columns, lambda rows: [good[row][:2] for row in rows], faults)


@dataclass(slots=True)
class PlainFields:
    """Reads blocks of CSV and TSV up to the first block with a line that is not plain."""

    layout: ColumnLayout
    delimiter: str
    is_over: bool = False

    def read(self, raw: RawLines) -> PlainRows | None:
        """Return the rows of a block, or None if this block or an earlier one has a line that is not plain."""
        found = None if self.is_over else self._read(raw)
        self.is_over |= found is None
        return found

    def _read(self, raw: RawLines) -> PlainRows | None:
        """Return the rows of a block, or None if a line is not plain."""
        data = _plain_text(raw.data)
        if data is None or data.startswith(BYTE_ORDER_MARK):
            return None
        lines = text_lines(replace(raw, data=data)).lines
        if not are_plain(lines, self.delimiter):
            return None
        blank = pc.equal(lines, "").to_numpy(zero_copy_only=False)
        filled, others = np.flatnonzero(~blank), list[csv.InvalidRow]()
        try:
            # Arrow would read a blank line as a row of empty fields.
            table = self._parsed("\n".join(lines.take(filled).to_pylist()).encode() if blank.any() else data, others)
        except pa.ArrowInvalid:
            return None
        wrong = np.array([row.number for row in others], np.int64) - 1
        at = np.delete(filled, wrong)
        if len(at) != table.num_rows:
            return None
        repeated = self._repeated(table, lines, at)
        headers, at = at[repeated], np.delete(at, repeated)
        table = table.take(np.delete(np.arange(table.num_rows), repeated)) if repeated else table

        def where(rows: Sequence[int]) -> Iterator[tuple[int, str]]:
            for place in at[list(rows)].tolist():
                yield raw.first + place, self.delimiter.join(self._fields(lines[place].as_py()))

        faults: list[Fault] = [(raw.first + place, "blank line", "") for place in np.flatnonzero(blank).tolist()]
        for place in [*filled[wrong].tolist(), *headers.tolist()]:
            fields = self._fields(lines[place].as_py())
            faults.append((raw.first + place, self.layout.fault_of(fields) or "", self.delimiter.join(fields)))
        columns = {role: _as_one(table[f"{place}"]) for role, place in self.layout.places.items()}
        return PlainRows(columns, where, faults)

    def _repeated(self, table: pa.Table, lines: pa.Array, at: npt.NDArray[np.int64]) -> list[int]:
        """Return the indices of the rows of a table that repeat its header.

        Args:
            table: the parsed columns.
            lines: the lines of the block.
            at: the index of the line of each row.
        """
        if not self.layout.has_header:
            return []
        place = table.column_names[-1]  # only rows with the header's value in this column are compared as a whole
        names = pa.array(spellings_of(self.layout.first[int(place)]), TEXT)
        likely = np.flatnonzero(pc.is_in(_as_one(table[place]), names).to_numpy(zero_copy_only=False)).tolist()
        fields = {row: self._fields(lines[at[row]].as_py()) for row in likely}
        return [row for row in likely if self.layout.fault_of(fields[row]) == REPEATED]

    def _parsed(self, data: bytes, others: list[csv.InvalidRow]) -> pa.Table:
        """Parse the needed columns; lines with a wrong number of fields are appended to `others`."""

        def collect(row: csv.InvalidRow) -> str:
            others.append(row)
            return "skip"

        names = [f"{place}" for place in range(self.layout.width)]
        wanted = list(dict.fromkeys(f"{place}" for place in self.layout.places.values()))
        return csv.read_csv(
            pa.BufferReader(data),
            csv.ReadOptions(use_threads=False, column_names=names, block_size=len(data) + 1),
            csv.ParseOptions(delimiter=self.delimiter, invalid_row_handler=collect),
            csv.ConvertOptions(check_utf8=False, column_types=dict.fromkeys(wanted, TEXT), include_columns=wanted),
        )

    def _fields(self, line: str) -> list[str]:
        """Split a line into its fields."""
        return fields_of(line, self.delimiter)


def plain_fields(head: RawLines, display_name: str, roles: Roles) -> PlainFields | None:
    """Return a reader for a CSV or TSV file that begins with `head`; None if its first line is not plain.

    A line with a single field does not count as plain, because its delimiter is unknown.

    Raises:
        SourceError: the table lacks an assigned column.
    """
    data = _plain_text(head.split_at(1)[0].data)
    if data is None:
        return None
    line = data.removesuffix(b"\n").decode()
    delimiter = delimiter_of(line)
    fields = fields_of(line, delimiter)
    if len(fields) < 2 or not are_plain(pa.array([line], TEXT), delimiter):
        return None
    return PlainFields(layout_of(fields, display_name, roles), delimiter)


@dataclass(frozen=True, slots=True)
class PlainObjects:
    """Reads blocks of JSON lines; each line must be one object with text in all needed columns."""

    roles: Roles

    def read(self, raw: RawLines) -> PlainRows | None:
        """Return the rows of a block, or None if a line is not plain or a column is in a nested object."""
        found, names = objects_on_lines(raw), dict.fromkeys(self.roles.values())
        if found is None or any("." in name for name in names):
            return None
        data = found.data
        try:
            table = arrow_json.read_json(
                pa.BufferReader(data),
                arrow_json.ReadOptions(use_threads=False, block_size=len(data) + 1),
                arrow_json.ParseOptions(
                    explicit_schema=pa.schema([(name, TEXT) for name in names]), unexpected_field_behavior="ignore"
                ),
            )
        except pa.ArrowInvalid:
            return None
        if table.num_rows != len(found):
            return None

        def where(rows: Sequence[int]) -> Iterator[tuple[int, str]]:
            numbers = np.array(rows, np.int64) + raw.first
            return zip(numbers.tolist(), found.texts(numbers), strict=True)

        columns = {role: pc.fill_null(_as_one(table[name]), "") for role, name in self.roles.items()}
        return PlainRows(columns, where)


def is_plain(schema: pa.Schema, roles: Roles) -> bool:
    """Whether all needed columns of a Parquet file are text or integers, or timestamps for the role "time"."""

    def fits(role: str, kind: pa.DataType) -> bool:
        if role == "time" and pa.types.is_timestamp(kind):
            return True
        return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_integer(kind))

    return all(fits(role, schema.field(name).type) for role, name in roles.items())


def plain_pieces(
    raws: Iterable[RawLines], number: int, convert: Callable[[RawLines], Made | None]
) -> Iterator[tuple[RawLines, Made | None]]:
    """Yield the blocks that contain the first `number` lines, each with the result of `convert`.

    If `number` is `ALL_ROWS`, these are all lines. `convert` gets only those lines of a block that are among the first
    `number`. If it returns None, some line is not plain, so a row may span several lines, and `number` rows may need
    more lines. Therefore, all later blocks are then yielded too, with None as the result.
    """

    def converted(raw: RawLines) -> tuple[RawLines, Made | None]:
        return raw, convert(raw)

    if number == ALL_ROWS:
        yield from run_in_order(partial(converted, raw) for raw in raws if raw.data)
        return
    left, is_plain = number, True
    for raw in raws:
        if raw.data:
            made = convert(raw.split_at(left)[0]) if is_plain else None
            is_plain = made is not None
            yield raw, made
            left -= len(raw)
        if is_plain and left <= 0:
            return


def parquet_rows(file: pq.ParquetFile, roles: Roles, number: int) -> Iterator[PlainRows]:
    """Yield the first `number` rows of Parquet (`ALL_ROWS`: all) in blocks; line numbers are row numbers, from 1."""
    first = 1
    for batch in file.iter_batches(BATCH, columns=list(dict.fromkeys(roles.values()))):
        if number != ALL_ROWS and first + batch.num_rows > number:
            yield _texts(batch[: number + 1 - first], roles, first)
            return
        yield _texts(batch, roles, first)
        first += batch.num_rows


def _texts(batch: pa.RecordBatch, roles: Roles, first: int) -> PlainRows:
    """Convert a batch to rows; `first` is the number of its first row."""
    columns = {role: _as_text(batch[name], role) for role, name in roles.items()}
    for column in columns.values():
        column.validate(full=True)  # raises an error for invalid UTF-8 in a damaged file

    def where(rows: Sequence[int]) -> Iterator[tuple[int, dict[str, str]]]:
        return ((first + row, {role: _value_text(columns[role][row : row + 1]) for role in roles}) for row in rows)

    return PlainRows(columns, where)


def _as_text(column: pa.Array, role: str) -> pa.Array:
    """Convert a column to text, with "" for null.

    Two kinds of columns are not converted to text: timestamps, which are returned in UTC, and integer positions.
    """
    if pa.types.is_timestamp(column.type):
        return column.cast(pa.timestamp(column.type.unit))
    if role == "position" and pa.types.is_integer(column.type):
        return column
    return pc.fill_null(column.cast(TEXT), "")


def _value_text(one: pa.Array) -> str:
    """Return the value of an array of length 1 as text for a report."""
    return one.cast(TEXT)[0].as_py() or ""


def _plain_text(data: bytes) -> bytes | None:
    """Return text with LF line ends, or None if the data is not valid UTF-8 or has other carriage returns."""
    data = with_plain_ends(data)
    return None if b"\r" in data or not is_text(data) else data


def are_plain(lines: pa.Array, delimiter: str) -> bool:
    """Whether quotes occur only around fields and, doubled, inside quoted fields."""
    if pc.max(pc.binary_length(lines)).as_py() > LONGEST_FIELD:
        return False
    quoted = lines.filter(pc.match_substring(lines, '"'))
    delimiter = re.escape(delimiter)
    field = f'("([^"]|"")*"|[^"{delimiter}]*)'
    return bool(pc.all(pc.match_substring_regex(quoted, f"^{field}({delimiter}{field})*$"), min_count=0).as_py())


def _as_one(column: pa.ChunkedArray) -> pa.Array:
    """Return a column as one array instead of chunks."""
    one = column.combine_chunks()
    return one if isinstance(one, pa.Array) else pa.concat_arrays(one.chunks or [pa.array([], column.type)])
