"""Tables with columns of one's own: CSV, TSV, JSON lines and Parquet, and which column is what.

A playlist is what has one id where there is a column for it, in whichever file; an owner and a name where there are
columns for both, and a name inside its file where there is none for the owner. Without a column for id or name it is a
session, if there are times, else the file. Where there are times or positions, the rows of a file stand in their order.
Columns of a table without a header go by their numbers, counted from 1.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from skipgramophone.errors import SourceError, reason_of
from skipgramophone.experiment.arrays import spooling
from skipgramophone.playlists.readers.documents import objects_in
from skipgramophone.playlists.readers.lines import Line, numbered_lines
from skipgramophone.playlists.readers.rows import RawRecord
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.playlists.readers.tables import FieldsRecord, read_fields, wrong_width

PARQUET_MAGIC = b"PAR1"
BATCH, COPIED_AT_ONCE = 1 << 16, 1 << 20
Roles = dict[str, str]  # role -> its column
RoleFields = dict[str, str]  # role -> what stands there
TableRecord = tuple[int, RawRecord, RoleFields | str]


def table_records(stream: OpenFile, roles: Roles) -> Iterator[TableRecord]:
    """Deliver the rows of a table of whichever kind.

    Raises:
        SourceError: the table has no column of a name that was given, or cannot be read as what it is.
    """
    kind = kind_of(stream)
    if kind == "parquet":
        return _from_parquet(stream, roles)
    if kind == "objects":
        return records_of_objects(numbered_lines(stream), roles)
    return records_of_fields(read_fields(stream), stream.file.display_name, roles)


def kind_of(stream: OpenFile) -> Literal["parquet", "objects", "fields"]:
    """What kind of table a file holds."""
    head = stream.peek(len(PARQUET_MAGIC))
    if head == PARQUET_MAGIC:
        return "parquet"
    return "objects" if head.lstrip().startswith(b"{") else "fields"


@dataclass(frozen=True, slots=True)
class ColumnLayout:
    """Where the columns of CSV and TSV stand.

    Attributes:
        places: role -> place in a line.
        width: fields a line.
        has_header: whether the first line names them.
    """

    places: dict[str, int]
    width: int
    has_header: bool


def layout_of(first: Sequence[str], display_name: str, roles: Roles) -> ColumnLayout:
    """Where the columns stand, by the fields of the first line.

    Raises:
        SourceError: there is no column of a name that was given.
    """
    numbers = None if set(roles.values()) & set(first) else _numbers(roles, len(first))
    return ColumnLayout(numbers or column_places(roles, first, display_name), len(first), numbers is None)


def records_of_fields(
    records: Iterable[FieldsRecord], display_name: str, roles: Roles, layout: ColumnLayout | None = None
) -> Iterator[TableRecord]:
    """Rows of CSV and TSV; None: the layout is found by the first of them."""
    for number, line, fields in records:
        if isinstance(fields, str):
            yield number, line, fields
            continue
        if layout is None:
            layout = layout_of(fields, display_name, roles)
            if layout.has_header:
                continue
        fits = len(fields) == layout.width
        found = {role: fields[at] for role, at in layout.places.items()} if fits else wrong_width(fields, layout.width)
        yield number, line, found


def _numbers(roles: Roles, width: int) -> dict[str, int] | None:
    """Places of columns that are named by their numbers, or None where they are not."""
    if not all(name.isdecimal() and 1 <= int(name) <= width for name in roles.values()):
        return None
    return {role: int(name) - 1 for role, name in roles.items()}


def column_places(roles: Roles, header: Sequence[str], display_name: str) -> dict[str, int]:
    """Where the columns stand that were named.

    Raises:
        SourceError: there is none of a name, or more than one.
    """
    for name in roles.values():
        if name not in header:
            raise SourceError(f"{display_name} has no column {name!r}: there are {', '.join(header)}")
        if header.count(name) > 1:
            raise SourceError(f"{display_name} has more than one column {name!r}: give one of them another name")
    return {role: header.index(name) for role, name in roles.items()}


def records_of_objects(lines: Iterable[Line], roles: Roles) -> Iterator[TableRecord]:
    """Rows of JSON lines; a name with dots goes into objects inside."""
    for number, line, found in objects_in(lines):
        if isinstance(found, str):
            yield number, line, found
            continue
        values = {role: _nested_value(found, name) for role, name in roles.items()}
        unfit = next((role for role, value in values.items() if isinstance(value, list | dict | bool)), None)
        if unfit:
            yield number, line, f"the {unfit} is no text"
        else:
            yield number, line, {role: "" if value is None else str(value) for role, value in values.items()}


def _nested_value(record: object, name: str) -> object:
    """A field of an object, or of one inside it."""
    for part in (name,) if isinstance(record, dict) and name in record else name.split("."):
        record = record.get(part) if isinstance(record, dict) else None
    return record


def _from_parquet(stream: OpenFile, roles: Roles) -> Iterator[TableRecord]:
    """Rows of Parquet."""
    with parquet_in(stream, roles) as file:
        yield from records_of_parquet(file, roles)


@contextmanager
def parquet_in(stream: OpenFile, roles: Roles) -> Iterator[pq.ParquetFile]:
    """Open Parquet, which is read from its end and therefore copied.

    Raises:
        SourceError: there is no column of a name that was given, or what is read is damaged.
    """
    with tempfile.TemporaryFile(prefix="sgp-") as spool:
        while data := stream.read(COPIED_AT_ONCE):
            with spooling():
                spool.write(data)
        with spooling():
            spool.flush()
        try:
            file = pq.ParquetFile(spool)
            column_places(roles, file.schema_arrow.names, stream.file.display_name)
            yield file
        except (pa.ArrowException, UnicodeDecodeError) as error:  # names of columns and text may be none
            raise SourceError(f"{stream.file.display_name} is damaged: {reason_of(error)}") from error


def records_of_parquet(file: pq.ParquetFile, roles: Roles) -> Iterator[TableRecord]:
    """Rows of Parquet, whose "lines" count them from 1."""
    number = 0
    for batch in file.iter_batches(BATCH, columns=list(dict.fromkeys(roles.values()))):
        columns = (_as_texts(batch[name]) for name in roles.values())
        for values in zip(*columns, strict=True):
            number += 1
            found = {role: value or "" for role, value in zip(roles, values, strict=True)}
            beyond = next((role for role, value in zip(roles, values, strict=True) if value is None), None)
            yield number, found, f"the {beyond} is out of range" if beyond else found


def _as_texts(column: pa.Array) -> list[str | None]:
    """Values of a column as text; nulls are empty, and None stands for a time that no calendar has."""
    try:
        return [_as_text(value) for value in column.to_pylist()]
    except OverflowError:
        return [_text_of(value) for value in column]


def _text_of(value: pa.Scalar) -> str | None:
    """A value as text; None for a time that no calendar has."""
    try:
        return _as_text(value.as_py())
    except OverflowError:
        return None


def _as_text(value: Any) -> str:
    """A value as text; nothing is empty."""
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, datetime) else str(value)
