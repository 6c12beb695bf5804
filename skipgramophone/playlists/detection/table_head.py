"""Reads the first rows of a table (CSV, TSV, JSON lines or Parquet), from which the columns are guessed."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa

from skipgramophone.playlists.column_names import names_people
from skipgramophone.playlists.columns.guess import JUDGED_LINES, rows_of
from skipgramophone.playlists.columns.values import Table
from skipgramophone.playlists.detection.json_start import first_json_value
from skipgramophone.playlists.readers.artist_lists import names_in_list
from skipgramophone.playlists.readers.columns import PARQUET_MAGIC, parquet_in
from skipgramophone.playlists.readers.json_documents import is_document, rows_in
from skipgramophone.playlists.readers.json_fields import flat
from skipgramophone.playlists.readers.json_playlists import (
    field_with_lists,
    field_with_playlists,
    playlists_on_lines,
    rows_of_playlists,
    tracks_of,
)
from skipgramophone.playlists.readers.lines import BYTE_ORDER_MARK
from skipgramophone.playlists.readers.source_files import SourceFile

MOST_COLUMNS = 1000  # maximum number of fields of an object in JSON lines; an object with more fields is not a row


def first_rows(file: SourceFile, head: bytes, lines: list[str]) -> Table:
    """Return the first rows of a table; the first row contains the column names, if there are any.

    Args:
        file: the file, which is opened if it is Parquet.
        head: the first bytes of the file.
        lines: the lines of these bytes.

    Raises:
        SourceError: Parquet is damaged.
    """
    if head.startswith(PARQUET_MAGIC):
        return _rows_of_parquet(file)
    start = head.removeprefix(BYTE_ORDER_MARK).lstrip()
    if start.startswith((b"{", b"[")):
        return rows_of_objects(lines) or rows_of_document(start)
    return rows_of(lines)


def values_of_column(rows: Table, name: str) -> list[str]:
    """Return the values of a column in the rows of a table, from the first row on; empty if there is no such column.

    Rows that are shorter or longer than the first row are left out.

    Args:
        rows: the first rows of the table; the first row contains the column names, if there are any.
        name: the name of the column, or its number, counted from 1.
    """
    header = rows[0] if rows else []
    at = header.index(name) if name in header else int(name) - 1 if name.isdecimal() else -1
    return [row[at] for row in rows if len(row) == len(header)] if 0 <= at < len(header) else []


def rows_of_objects(lines: list[str]) -> Table:
    """Return JSON lines as rows, the field names first, or an empty list if the lines are not JSON objects.

    The list is also empty if the first object is a playlist, or if there is only one object: the file may then be a
    JSON document whose tracks are all inside this object. Fields that are not text or numbers are left out. A field of
    a nested object gets a name with a dot, such as `track.name`.
    """
    records: list[dict[str, Any]] = []
    for line in lines[:JUDGED_LINES]:
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            return []
        if not isinstance(record, dict):
            return []
        records.append(record)
    return rows_of_records(records) if len(records) > 1 and tracks_of(records[0]) is None else []


def rows_of_document(head: bytes) -> Table:
    """Return the rows of a JSON document, or of JSON lines of playlists, that begins with `head`.

    The rows have the same form as those of `rows_of_objects`.
    """
    if not is_document(head):
        return rows_of_records(rows_of_playlists(playlists_on_lines(head)))
    records = rows_in(first_json_value(head))
    return rows_of_records(records[: max(1, len(records) - 1)])  # the last object may be cut off


def rows_of_records(objects: list[dict[str, Any]]) -> Table:
    """Return JSON objects as rows, the field names first. Lists of artists become text.

    The result is empty if the titles are in lists, because an object is then not one track. It is also empty if each
    track has a list of its playlists.
    """
    if field_with_lists(objects) or field_with_playlists(objects):
        return []
    records = [flat(record) for record in objects[:JUDGED_LINES]]
    for record in records:
        people = {name: names_in_list(value) for name, value in record.items() if names_people(name)}
        record |= {name: names for name, names in people.items() if names is not None}
    names = list(dict.fromkeys(name for record in records for name in record))
    unfit = {name for record in records for name, value in record.items() if isinstance(value, list | dict | bool)}
    names = [name for name in names if name not in unfit]
    if not names or len(names) > MOST_COLUMNS:
        return []
    return [names, *([_text(record.get(name)) for name in names] for record in records)]


def _rows_of_parquet(file: SourceFile) -> Table:
    """Return the column names of a Parquet file, and its first rows, without nested columns."""
    with file.open() as stream, parquet_in(stream, {}) as parquet:
        names = [field.name for field in parquet.schema_arrow if not pa.types.is_nested(field.type)]
        columns = list(dict.fromkeys(names))
        batch = next(parquet.iter_batches(JUDGED_LINES, columns=columns), None) if columns else None
        if batch is None or len(columns) < len(names):
            return [names]
        values = zip(*(batch[name].to_pylist() for name in columns), strict=True)
        return [columns, *([_text(value) for value in row] for row in values)]


def _text(value: object) -> str:
    """Return a value as text, "" for null."""
    return "" if value is None else str(value)
