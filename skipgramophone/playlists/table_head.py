"""The first rows of a table, from which its columns are guessed: CSV, TSV, JSON lines and Parquet."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa

from skipgramophone.playlists.column_guess import JUDGED_LINES, Table, rows_of
from skipgramophone.playlists.readers.columns import PARQUET_MAGIC, parquet_in
from skipgramophone.playlists.readers.lines import BYTE_ORDER_MARK
from skipgramophone.playlists.readers.source_files import SourceFile

MOST_COLUMNS = 1000  # of objects on lines; a record with more is not a row


def first_rows(file: SourceFile, head: bytes, lines: list[str]) -> Table:
    """Return the first rows of a table, of which the first has the names of the columns, if there are names.

    Args:
        file: the file, which is opened if it is Parquet.
        head: its first bytes.
        lines: the lines of these bytes.

    Raises:
        SourceError: Parquet is damaged.
    """
    if head.startswith(PARQUET_MAGIC):
        return _rows_of_parquet(file)
    if head.removeprefix(BYTE_ORDER_MARK).lstrip().startswith(b"{"):
        return rows_of_objects(lines)
    return rows_of(lines)


def rows_of_objects(lines: list[str]) -> Table:
    """Return the fields of objects on lines below their names, or an empty list if the lines are anything else.

    A single object may be a document, so there must be two. Fields that are not text or numbers are left out; those of
    an object inside are named with a dot.
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
        records.append(_flat(record))
    names = list(dict.fromkeys(name for record in records for name in record))
    unfit = {name for record in records for name, value in record.items() if isinstance(value, list | dict | bool)}
    names = [name for name in names if name not in unfit]
    if len(records) < 2 or len(names) > MOST_COLUMNS:
        return []
    return [names, *([_text(record.get(name)) for name in names] for record in records)]


def _rows_of_parquet(file: SourceFile) -> Table:
    """Return the first rows of Parquet below the names of its columns; nested columns are left out."""
    with file.open() as stream, parquet_in(stream, {}) as parquet:
        names = [field.name for field in parquet.schema_arrow if not pa.types.is_nested(field.type)]
        columns = list(dict.fromkeys(names))
        batch = next(parquet.iter_batches(JUDGED_LINES, columns=columns), None) if columns else None
        if batch is None or len(columns) < len(names):
            return [names]
        values = zip(*(batch[name].to_pylist() for name in columns), strict=True)
        return [columns, *([_text(value) for value in row] for row in values)]


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    """Return an object with the fields of the objects inside, whose names have dots."""
    flat: dict[str, Any] = {}
    for name, value in record.items():
        flat |= {f"{name}.{inner}": of for inner, of in value.items()} if isinstance(value, dict) else {name: value}
    return flat


def _text(value: object) -> str:
    """Return a value as text, "" for null."""
    return "" if value is None else str(value)
