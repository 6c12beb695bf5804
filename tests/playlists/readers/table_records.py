"""Reads a table record by record, to compare the rows with those that Arrow reads."""

from __future__ import annotations

from collections.abc import Iterator

from skipgramophone.playlists.readers.columns import (
    TableRecord,
    kind_of,
    parquet_in,
    records_of_document,
    records_of_fields,
    records_of_objects,
    records_of_parquet,
    records_of_playlists,
    require_fields,
)
from skipgramophone.playlists.readers.lines import numbered_lines
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.playlists.readers.tables import read_fields


def table_records(stream: OpenFile, roles: dict[str, str]) -> Iterator[TableRecord]:
    """Yield the records of a table of any kind."""
    kind = kind_of(stream)
    if kind == "parquet":
        with parquet_in(stream, roles) as file:
            yield from records_of_parquet(file, roles)
    elif kind == "objects":
        require_fields(stream, roles)
        yield from records_of_objects(numbered_lines(stream), roles)
    elif kind == "document":
        yield from records_of_document(stream, roles)
    elif kind == "playlists":
        yield from records_of_playlists(stream, roles)
    else:
        yield from records_of_fields(read_fields(stream), stream.file.display_name, roles)
