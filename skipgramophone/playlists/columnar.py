"""Tables with columns of one's own, block after block: what is plain is read by Arrow, the rest record by record.

Plain is CSV and TSV in which a quote stands at the edge of a field or twice, JSON lines with one object each whose
columns are text, Parquet whose columns are text or whole numbers. Both ways make the same of it. A quote that stands
elsewhere may go on over the end of a line: from there on such a file is read record by record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import PurePosixPath
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as arrow_json
import pyarrow.parquet as pq
from pyarrow import csv

from skipgramophone.playlists.ahead import in_order
from skipgramophone.playlists.columns import (
    NO_POSITION,
    Layout,
    NamedRecord,
    Roles,
    as_records,
    kind_of,
    layout_of,
    named_in_fields,
    named_in_objects,
    named_in_parquet,
    parquet_in,
    read_columns,
)
from skipgramophone.playlists.files import OpenFile, SourceFile
from skipgramophone.playlists.lines import (
    BYTE_ORDER_MARK,
    Line,
    RawLines,
    decoded,
    is_text,
    numbered,
    read_raw_lines,
    text_lines,
)
from skipgramophone.playlists.rows import COLUMNS, KEPT_ONCE, TEXT, Reject, RowBlock, Told, as_text, block_of, gathered
from skipgramophone.playlists.tables import LONGEST_FIELD, delimiter_of, fields_in, fields_of, wrong_width
from skipgramophone.settings import ALL_ROWS, ExtractSettings

BATCH = 1 << 17  # rows
Fault = tuple[int, str, Told]  # line, what is wrong with it, what stands there


class Where(Protocol):
    """Says of some rows on which lines they stand, and what stands there."""

    def __call__(self, rows: Sequence[int], /) -> Iterable[tuple[int, Told]]:
        """The lines of some rows."""
        ...


@dataclass(frozen=True, slots=True)
class PlainRows:
    """Rows that Arrow has read.

    Attributes:
        columns: role -> text of each row, large_string without nulls.
        where: on which lines they stand, by their numbers among them.
        faults: lines that are no rows.
    """

    columns: dict[str, pa.Array]
    where: Where
    faults: Sequence[Fault] = ()


class PlainLines(Protocol):
    """Reads lines, if they are plain."""

    def read(self, raw: RawLines) -> PlainRows | None:
        """The rows of some lines, or None where one is not plain."""
        ...


@dataclass(frozen=True, slots=True)
class ColumnsReader:
    """Reads one table."""

    file: SourceFile
    settings: ExtractSettings
    format: str = "columns"

    def blocks(self) -> Iterator[RowBlock]:
        """Deliver the rows in order, up to `num_rows` of them.

        Raises:
            SourceError: the table has no column of a name that was given, or cannot be read as what it is.
        """
        settings = self.settings
        with self.file.open(settings.encoding, settings.bad_bytes == "replace") as stream:
            kind, roles = kind_of(stream), settings.roles
            if "time" in roles or ("position" in roles and kind != "parquet") or settings.num_rows != ALL_ROWS:
                yield from gathered(read_columns(stream, settings), stream, settings)
            elif kind == "parquet":
                yield from self._of_parquet(stream)
            elif kind == "objects":
                yield from self._of_objects(stream)
            else:
                yield from self._of_fields(stream)

    def _of_fields(self, stream: OpenFile) -> Iterator[RowBlock]:
        """Rows of CSV and TSV."""
        raws, called, roles = read_raw_lines(stream), self.file.called, self.settings.roles
        head = next(raws, None)
        if head is None:
            return
        plain = plain_fields(head, called, roles)
        if plain is None:
            records = fields_in(_lines(chain([head], raws), stream), called)
            yield from self._one_by_one(named_in_fields(records, called, roles), stream)
            return
        raws = chain([head.parted(1)[1]] if plain.layout.has_header else [head], raws)
        tried = in_order(partial(self._tried, plain, raw, stream) for raw in raws if raw.data)
        for raw, block in tried:
            if block is None:
                rest = chain([raw], (later for later, _ in tried))
                records = fields_in(_lines(rest, stream), called, plain.delimiter)
                yield from self._one_by_one(named_in_fields(records, called, roles, plain.layout), stream)
            else:
                yield block

    def _of_objects(self, stream: OpenFile) -> Iterator[RowBlock]:
        """Rows of JSON lines."""
        plain = PlainObjects(self.settings.roles)
        for raw, block in in_order(partial(self._tried, plain, raw, stream) for raw in read_raw_lines(stream)):
            if block is None:
                yield from self._one_by_one(named_in_objects(_lines([raw], stream), self.settings.roles), stream)
            else:
                yield block

    def _of_parquet(self, stream: OpenFile) -> Iterator[RowBlock]:
        """Rows of Parquet, whose "lines" count them from 1."""
        roles = self.settings.roles
        with parquet_in(stream, roles) as file:
            if not _is_plain(file.schema_arrow, roles):
                yield from self._one_by_one(named_in_parquet(file, roles), stream)
                return
            for rows in _in_parquet(file, roles):
                yield self._block(rows, stream, stream.bytes_read)

    def _tried(self, plain: PlainLines, raw: RawLines, stream: OpenFile) -> tuple[RawLines, RowBlock | None]:
        """Some lines, and the block of them if they are plain."""
        rows = plain.read(raw)
        return raw, None if rows is None else self._block(rows, stream, raw.bytes_read)

    def _one_by_one(self, rows: Iterable[NamedRecord], stream: OpenFile) -> Iterator[RowBlock]:
        """Blocks of rows that are read record by record."""
        return gathered(as_records(rows, stream, self.settings), stream, self.settings)

    def _block(self, rows: PlainRows, stream: OpenFile, bytes_read: int) -> RowBlock:
        """A block of plain rows, which are tracks of playlists as `as_records` says."""
        found, number = rows.columns, len(rows.columns["title"])
        of_file = None if {"owner", "playlist"} <= found.keys() else self.file.place
        alone = PurePosixPath(self.file.name).stem
        table = {
            "owner": found.get("owner", ""),
            "playlist": found.get("playlist", found.get("id", alone)),
            "key": found.get("id", of_file),
            "artist": found.get("artist", ""),
            "title": found["title"],
            "uri": _null_for_empty(found["uri"]) if "uri" in found else None,
        }
        kept = pa.table({name: _kept_once(table[name], number) for name in COLUMNS})
        rejects = [Reject(self.file.name, line, reason, as_text(told)) for line, reason, told in rows.faults]
        return block_of(kept, rows.where, rejects, self.file.name, self.settings, (bytes_read, stream.replaced))


@dataclass(slots=True)
class PlainFields:
    """Reads lines of CSV and TSV, up to the first that is not plain."""

    layout: Layout
    delimiter: str
    is_over: bool = False

    def read(self, raw: RawLines) -> PlainRows | None:
        """The rows of some lines; None where one is not plain, and ever after."""
        found = None if self.is_over else self._read(raw)
        self.is_over |= found is None
        return found

    def _read(self, raw: RawLines) -> PlainRows | None:
        """The rows of some lines."""
        data = _with_plain_ends(raw.data)
        if data is None or data.startswith(BYTE_ORDER_MARK):
            return None
        lines = text_lines(replace(raw, data=data)).lines
        if not _are_plain(lines, self.delimiter):
            return None
        blank = pc.equal(lines, "").to_numpy(zero_copy_only=False)
        filled, others = np.flatnonzero(~blank), list[csv.InvalidRow]()
        try:
            # To Arrow a blank line is a row of blanks.
            table = self._parsed("\n".join(lines.take(filled).to_pylist()).encode() if blank.any() else data, others)
        except pa.ArrowInvalid:
            return None
        wrong = np.array([row.number for row in others], np.int64) - 1
        at = np.delete(filled, wrong)
        if len(at) != table.num_rows:
            return None

        def where(rows: Sequence[int]) -> Iterator[tuple[int, str]]:
            for place in at[list(rows)].tolist():
                yield raw.first + place, self.delimiter.join(self._parted(lines[place].as_py()))

        faults: list[Fault] = [(raw.first + place, "blank line", "") for place in np.flatnonzero(blank).tolist()]
        for place in filled[wrong].tolist():
            fields = self._parted(lines[place].as_py())
            faults.append((raw.first + place, wrong_width(fields, self.layout.width), self.delimiter.join(fields)))
        columns = {role: _as_one(table[f"{place}"]) for role, place in self.layout.places.items()}
        return PlainRows(columns, where, faults)

    def _parsed(self, data: bytes, others: list[csv.InvalidRow]) -> pa.Table:
        """The columns of lines; lines of another width are put aside."""

        def put_aside(row: csv.InvalidRow) -> str:
            others.append(row)
            return "skip"

        names = [f"{place}" for place in range(self.layout.width)]
        wanted = list(dict.fromkeys(f"{place}" for place in self.layout.places.values()))
        return csv.read_csv(
            pa.BufferReader(data),
            csv.ReadOptions(use_threads=False, column_names=names, block_size=len(data) + 1),
            csv.ParseOptions(delimiter=self.delimiter, invalid_row_handler=put_aside),
            csv.ConvertOptions(check_utf8=False, column_types=dict.fromkeys(wanted, TEXT), include_columns=wanted),
        )

    def _parted(self, line: str) -> list[str]:
        """The fields of a line."""
        return fields_of(line, self.delimiter)


def plain_fields(head: RawLines, called: str, roles: Roles) -> PlainFields | None:
    """A reader of lines of CSV and TSV by the first of them; None where that is not plain, or has one field alone.

    Raises:
        SourceError: there is no column of a name that was given.
    """
    data = _with_plain_ends(head.parted(1)[0].data)
    if data is None:
        return None
    line = data.removesuffix(b"\n").decode()
    delimiter = delimiter_of(line)
    fields = fields_of(line, delimiter)
    if len(fields) < 2 or not _are_plain(pa.array([line], TEXT), delimiter):
        return None
    return PlainFields(layout_of(fields, called, roles), delimiter)


@dataclass(frozen=True, slots=True)
class PlainObjects:
    """Reads JSON lines that hold one object each whose columns are text."""

    roles: Roles

    def read(self, raw: RawLines) -> PlainRows | None:
        """The rows of some lines, or None where one is not plain, or a column lies inside an object."""
        data, names = _with_plain_ends(raw.data), dict.fromkeys(self.roles.values())
        if data is None or any("." in name for name in names):
            return None
        lines = text_lines(replace(raw, data=data)).lines
        # Lines that begin and end so hold one object at least, and none goes over the end of a line.
        if not pc.all(pc.and_(pc.starts_with(lines, "{"), pc.ends_with(lines, "}"))).as_py():
            return None
        letters = np.frombuffer(data, np.uint8)
        if np.count_nonzero(letters < ord(" ")) != np.count_nonzero(letters == ord("\n")):
            return None  # a control character, which JSON allows between values and not in text
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
        if table.num_rows != len(lines):
            return None

        def where(rows: Sequence[int]) -> Iterator[tuple[int, str]]:
            return ((raw.first + row, lines[row].as_py()) for row in rows)

        columns = {role: pc.fill_null(_as_one(table[name]), "") for role, name in self.roles.items()}
        return PlainRows(columns, where)


def _is_plain(schema: pa.Schema, roles: Roles) -> bool:
    """Whether the columns of Parquet are text or whole numbers, and positions numbers."""

    def fits(role: str, kind: pa.DataType) -> bool:
        if role == "position":
            return bool(pa.types.is_integer(kind))
        return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_integer(kind))

    return all(fits(role, schema.field(name).type) for role, name in roles.items())


def _in_parquet(file: pq.ParquetFile, roles: Roles) -> Iterator[PlainRows]:
    """Rows of Parquet; where they have positions they stand in the order of these, and are read all at once."""
    names = list(dict.fromkeys(roles.values()))
    if "position" not in roles:
        number = 0
        for batch in file.iter_batches(BATCH, columns=names):
            yield _texts(pa.table(batch), roles, number + 1 + np.arange(batch.num_rows))
            number += batch.num_rows
        return
    table = file.read(names)
    position = table[roles["position"]]
    order = pc.sort_indices(position).to_numpy()  # stable; those without one come last
    placed = len(order) - position.null_count
    for start in range(0, placed, BATCH):
        rows = order[start : min(start + BATCH, placed)]
        yield _texts(table.take(rows), roles, rows.astype(np.int64) + 1)
    if placed < len(order):
        without = _texts(table.take(order[placed:]), roles, order[placed:].astype(np.int64) + 1)
        faults = [(line, NO_POSITION, told) for line, told in without.where(range(position.null_count))]
        yield PlainRows({role: column[:0] for role, column in without.columns.items()}, without.where, faults)


def _texts(table: pa.Table, roles: Roles, numbers: npt.NDArray[np.int64]) -> PlainRows:
    """The columns of a table of text and whole numbers as text, rows by their numbers in the file."""
    columns = {role: pc.fill_null(_as_one(table[name].cast(TEXT)), "") for role, name in roles.items()}
    for column in columns.values():
        column.validate(full=True)  # what a file calls text need not be any

    def where(rows: Sequence[int]) -> Iterator[tuple[int, dict[str, str]]]:
        return ((int(numbers[row]), {role: columns[role][row].as_py() for role in roles}) for row in rows)

    return PlainRows(columns, where)


def _lines(raws: Iterable[RawLines], stream: OpenFile) -> Iterator[Line]:
    """Lines one by one."""
    return numbered(decoded(stream, raw) for raw in raws)


def _with_plain_ends(data: bytes) -> bytes | None:
    """Lines of text that end in a line feed alone; None where they are no text, or hold another carriage return."""
    if b"\r" in data:
        if data.count(b"\r") != data.count(b"\r\n"):
            return None
        data = data.replace(b"\r\n", b"\n")
    return data if is_text(data) else None


def _are_plain(lines: pa.Array, delimiter: str) -> bool:
    """Whether quotes stand only around fields, and in them twice."""
    if pc.max(pc.binary_length(lines)).as_py() > LONGEST_FIELD:
        return False
    quoted = lines.filter(pc.match_substring(lines, '"'))
    field = f'("([^"]|"")*"|[^"{delimiter}]*)'
    return bool(pc.all(pc.match_substring_regex(quoted, f"^{field}({delimiter}{field})*$"), min_count=0).as_py())


def _as_one(column: pa.ChunkedArray) -> pa.Array:
    """A column in one piece."""
    one = column.combine_chunks()
    return one if isinstance(one, pa.Array) else pa.concat_arrays(one.chunks or [pa.array([], column.type)])


def _kept_once(column: pa.Array | str | None, number: int) -> pa.DictionaryArray:
    """Strings kept once each; a single one, or none, is of that number of rows."""
    if column is None:
        return pa.nulls(number, KEPT_ONCE)
    if isinstance(column, str):
        return pa.DictionaryArray.from_arrays(pa.array(np.zeros(number, np.int32)), pa.array([column], TEXT))
    return column.dictionary_encode()


def _null_for_empty(column: pa.Array) -> pa.Array:
    """Strings, but for empty ones."""
    return pc.if_else(pc.equal(column, ""), pa.scalar(None, column.type), column)
