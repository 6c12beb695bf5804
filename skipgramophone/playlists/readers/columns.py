"""Read the rows of tables with any columns (CSV, TSV, JSON and Parquet), record by record.

The setting `columns` assigns roles to columns. What a playlist is depends on the first role below that is assigned:

    id                     rows with the same id (and the same owner and name, if there are any), in all files
    owner and playlist     rows with the same owner and name, in all files
    playlist               rows with the same name, in one file
    time                   rows of the same owner (if there are any) up to a pause, which ends a session
    none of these          all rows of the file

Within a file, rows are sorted by time or position, if they have one. In a table without a header, columns are named by
number, counted from 1.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from skipgramophone.errors import FormatError, SourceError, reason_of
from skipgramophone.experiment.arrays import temporary_file_errors
from skipgramophone.playlists.column_names import is_header_by_number
from skipgramophone.playlists.readers.artist_lists import names_in_list
from skipgramophone.playlists.readers.documents import objects_in, read_document
from skipgramophone.playlists.readers.json_documents import fields_around, is_document, rows_in
from skipgramophone.playlists.readers.json_fields import existing_fields, no_such_column, objects_on_first_lines
from skipgramophone.playlists.readers.json_playlists import (
    HEAD,
    have_names,
    playlists_on_lines,
    rows_of_playlist,
    rows_of_playlists,
    with_owners,
)
from skipgramophone.playlists.readers.lines import BYTE_ORDER_MARK, Line, numbered_lines
from skipgramophone.playlists.readers.rows import RawRecord
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.playlists.readers.tables import REPEATED, FieldsRecord, repeats_header, wrong_width
from skipgramophone.settings import columns_text
from skipgramophone.wording import visible

PARQUET_MAGIC = b"PAR1"
JSON_START = re.compile(rb"\{|\[\s*(\{|\[|$)")
HEADER = "the header of the table, whose columns are assigned by number"
BATCH, COPIED_AT_ONCE = 1 << 16, 1 << 20  # number of rows per batch, and number of bytes that are copied at once
Roles = dict[str, str]  # role -> name of its column
RoleFields = dict[str, str]  # role -> value in one row
TableRecord = tuple[int, RawRecord, RoleFields | str]  # line number, raw record, fields or reason for rejection


def kind_of(stream: OpenFile) -> Literal["parquet", "objects", "document", "playlists", "fields"]:
    """Return the kind of a table.

    The kinds are "parquet", "objects" (JSON lines of rows), "playlists" (JSON lines of playlists), "document" (JSON)
    and "fields" (CSV and TSV).
    """
    head = stream.peek(len(PARQUET_MAGIC))
    if head == PARQUET_MAGIC:
        return "parquet"
    start = head.removeprefix(BYTE_ORDER_MARK).lstrip()
    if not JSON_START.match(start):
        return "fields"
    start = _start_of(stream)
    if is_document(start):
        return "document"
    return "playlists" if playlists_on_lines(start) else "objects"


@dataclass(frozen=True, slots=True)
class ColumnLayout:
    """The columns of a CSV or TSV table.

    Attributes:
        places: role -> index of its field in a row.
        first: the fields of the first line.
        has_header: whether the first line has the column names.
        is_by_number: whether the columns are assigned by number. If so, and the first line nevertheless contains column
            names, this line is rejected.
    """

    places: dict[str, int]
    first: Sequence[str]
    has_header: bool
    is_by_number: bool = False

    @property
    def width(self) -> int:
        """Number of fields per row."""
        return len(self.first)

    def fault_of(self, fields: Sequence[str]) -> str | None:
        """Return the reason for rejecting a row with these fields, or None if it can be used."""
        if len(fields) != self.width:
            return wrong_width(fields, self.width)
        return REPEATED if self.has_header and repeats_header(fields, self.first) else None


def layout_of(first: Sequence[str], display_name: str, roles: Roles) -> ColumnLayout:
    """Find the assigned columns among the fields of the first line.

    Numbers in `roles` are positions of columns, counted from 1, even if the same numbers occur in the first line. There
    is one exception: if the first line is 0,1,2 and so on, the numbers are column names, because pandas gives such
    names to unnamed columns.

    Raises:
        SourceError: the table lacks an assigned column.
    """
    numbers = None if list(first) == [str(at) for at in range(len(first))] else _numbers(roles, len(first))
    if numbers is None:
        return ColumnLayout(column_places(roles, first, display_name), first, has_header=True)
    return ColumnLayout(numbers, first, has_header=is_header_by_number(first, numbers), is_by_number=True)


def records_of_fields(
    records: Iterable[FieldsRecord], display_name: str, roles: Roles, layout: ColumnLayout | None = None
) -> Iterator[TableRecord]:
    """Convert the records of a CSV or TSV table to rows; if `layout` is None, the first record determines it."""
    for number, line, fields in records:
        if isinstance(fields, str):
            yield number, line, fields
            continue
        if layout is None:
            layout = layout_of(fields, display_name, roles)
            if layout.has_header:
                if layout.is_by_number:
                    yield number, line, HEADER
                continue
        fault = layout.fault_of(fields)
        yield number, line, fault or {role: fields[at] for role, at in layout.places.items()}


def _numbers(roles: Roles, width: int) -> dict[str, int] | None:
    """Return role -> index if all columns are named by numbers from 1 to `width`, else None."""
    if not all(name.isdecimal() and 1 <= int(name) <= width for name in roles.values()):
        return None
    return {role: int(name) - 1 for role, name in roles.items()}


def column_places(roles: Roles, header: Sequence[str], display_name: str) -> dict[str, int]:
    """Return role -> index of its column in the header.

    Raises:
        SourceError: a column is missing, or several columns have its name.
    """
    for name in roles.values():
        if name not in header:
            raise no_such_column(name, ", ".join(map(visible, header)), display_name)
        if header.count(name) > 1:
            raise SourceError(f"{display_name} has several columns {name!r}: rename all but one")
    return {role: header.index(name) for role, name in roles.items()}


def require_fields(stream: OpenFile, roles: Roles) -> None:
    """Check that each assigned field occurs in at least one of the objects at the start of JSON lines.

    Raises:
        SourceError: an assigned field occurs in none of these objects.
    """
    existing_fields(objects_on_first_lines(_start_of(stream)), roles, stream.file.display_name)


def _start_of(stream: OpenFile) -> bytes:
    """Return the first bytes of a JSON file, without a byte order mark; a later read returns them again."""
    return stream.peek(HEAD).removeprefix(BYTE_ORDER_MARK)


def records_of_objects(lines: Iterable[Line], roles: Roles) -> Iterator[TableRecord]:
    """Yield the rows of JSON lines.

    A column name that contains dots, such as `track.name`, refers to a field of a nested object.
    """
    for number, line, found in objects_in(lines):
        if isinstance(found, str):
            yield number, line, found
            continue
        yield number, line, _fields_of(found, roles)


def records_of_document(stream: OpenFile, roles: Roles) -> Iterator[TableRecord]:
    """Yield the rows of a JSON document; their line numbers are row numbers, from 1.

    Raises:
        SourceError: the file is not JSON, contains no list of objects that could be tracks, or lacks an assigned field.
            Or the fields of the document are playlists or owners, and no role is assigned to their names.
    """
    document = read_document(stream, "a table in JSON")
    rows = rows_in(document)
    if not rows:
        raise FormatError(f"{stream.file.display_name} is JSON, but contains no list of objects that could be tracks")
    around = {} if "id" in roles else {name: name for name in fields_around(document, rows) if name not in roles}
    if around:
        columns = columns_text({**roles, **around})
        raise SourceError.naming(
            lambda named: (
                f"{stream.file.display_name} contains several playlists, whose names are not in their tracks, but "
                f"around them: assign these names too, with {named('columns', columns)}"
            )
        )
    roles = existing_fields(rows, roles, stream.file.display_name)
    return ((number, row, _fields_of(row, roles)) for number, row in enumerate(rows, 1))


def records_of_playlists(stream: OpenFile, roles: Roles) -> Iterator[TableRecord]:
    """Yield the tracks of JSON lines with one playlist each; the line number of a track is that of its playlist.

    Raises:
        SourceError: an assigned field occurs in none of the tracks at the start of the file.
    """
    playlists = playlists_on_lines(_start_of(stream))
    are_names = have_names(with_owners(playlists))
    first = rows_of_playlists(playlists)
    roles = existing_fields(first, roles, stream.file.display_name)
    for number, line, found in objects_in(numbered_lines(stream)):
        if isinstance(found, str):
            yield number, line, found
            continue
        for playlist in with_owners([found]):
            for row in rows_of_playlist(playlist, are_names):
                yield number, row, _fields_of(row, roles)


def _fields_of(record: dict[str, Any], roles: Roles) -> RoleFields | str:
    """Return role -> value of a JSON object, or the reason for rejecting it; several artists are joined."""
    values = {role: _nested_value(record, name) for role, name in roles.items()}
    for role, value in values.items():
        if role.startswith("artist") and (names := names_in_list(value)) is not None:
            values[role] = names
    unfit = next((role for role, value in values.items() if isinstance(value, list | dict | bool)), None)
    if unfit:
        return f"{unfit} is not text"
    return {role: "" if value is None else str(value) for role, value in values.items()}


def _nested_value(record: object, name: str) -> object:
    """Return the field `name` of an object, or None if it is missing; a name with dots refers to a nested field."""
    for part in (name,) if isinstance(record, dict) and name in record else name.split("."):
        record = record.get(part) if isinstance(record, dict) else None
    return record


@contextmanager
def parquet_in(stream: OpenFile, roles: Roles) -> Iterator[pq.ParquetFile]:
    """Open a copy of a Parquet table in a temporary file, because reading Parquet starts at the end of the file.

    Raises:
        SourceError: the table lacks an assigned column, or it is damaged.
    """
    with tempfile.TemporaryFile(prefix="sgp-") as spool:
        while data := stream.read(COPIED_AT_ONCE):
            with temporary_file_errors():
                spool.write(data)
        with temporary_file_errors():
            spool.flush()
        try:
            file = pq.ParquetFile(spool)
            column_places(roles, file.schema_arrow.names, stream.file.display_name)
            yield file
        except (pa.ArrowException, UnicodeDecodeError) as error:  # column names and values may be invalid UTF-8
            raise SourceError(f"{stream.file.display_name} is damaged: {reason_of(error)}") from error


def records_of_parquet(file: pq.ParquetFile, roles: Roles) -> Iterator[TableRecord]:
    """Yield the rows of an open Parquet file; their line numbers are row numbers, from 1."""
    number = 0
    for batch in file.iter_batches(BATCH, columns=list(dict.fromkeys(roles.values()))):
        columns = (_as_texts(batch[name]) for name in roles.values())
        for values in zip(*columns, strict=True):
            number += 1
            found = {role: value or "" for role, value in zip(roles, values, strict=True)}
            beyond = next((role for role, value in zip(roles, values, strict=True) if value is None), None)
            yield number, found, f"{beyond} is out of range" if beyond else found


def _as_texts(column: pa.Array) -> list[str | None]:
    """Convert the values of a column to text: nulls become "", times outside the years 1 to 9999 become None."""
    try:
        return [_as_text(value) for value in column.to_pylist()]
    except OverflowError:
        return [_text_of(value) for value in column]


def _text_of(value: pa.Scalar) -> str | None:
    """Convert an Arrow value to text; a time outside the years 1 to 9999 becomes None."""
    try:
        return _as_text(value.as_py())
    except OverflowError:
        return None


def _as_text(value: Any) -> str:
    """Convert a value to text; None becomes ""."""
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, datetime) else str(value)
