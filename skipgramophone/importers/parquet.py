"""Read Parquet files with the columns that `sgp export` writes: one row per track, vectors as lists of numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from skipgramophone.errors import SourceError, reason_of
from skipgramophone.experiment.embeddings import Matrix
from skipgramophone.importers.vectors import NamedVectors, apply_scale

NEEDED = ("artist", "title", "centre")
OPTIONAL = ("uri", "count", "context", "centre_scale", "context_scale")


def read(path: Path) -> NamedVectors:
    """Read the vectors and names of a Parquet file.

    Raises:
        SourceError: the file is damaged, or a column is missing or has the wrong type.
    """
    try:
        with path.open("rb") as opened, pq.ParquetFile(opened) as file:
            names = set(file.schema_arrow.names)
            missing = [name for name in NEEDED if name not in names]
            if missing:
                needed = ", ".join(NEEDED)
                raise SourceError(f"{path} has no column {missing[0]!r}: the file must have the columns {needed}")
            table = file.read(columns=[name for name in NEEDED + OPTIONAL if name in names])
    except (pa.ArrowException, UnicodeDecodeError) as error:  # UnicodeDecodeError: a column name is not UTF-8
        raise SourceError(f"{path} cannot be read as Parquet: {reason_of(error)}") from error
    kept = set(table.column_names)
    return NamedVectors(
        artist=_column(path, table, "artist", pa.string()).fill_null("").to_pylist(),
        title=_column(path, table, "title", pa.string()).fill_null("").to_pylist(),
        uri=_column(path, table, "uri", pa.string()).to_pylist() if "uri" in kept else [None] * table.num_rows,
        count=_column(path, table, "count", pa.int64()).to_numpy() if "count" in kept else None,
        centre=_matrix(path, table, "centre"),
        context=_matrix(path, table, "context") if "context" in kept else None,
    )


def _column(path: Path, table: pa.Table, name: str, kind: pa.DataType) -> Any:
    """Return the column `name`, converted to the type `kind`; raise `SourceError` if that fails."""
    try:
        column = table[name].cast(kind)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise SourceError(f"{path}: column {name!r} has the type {table[name].type}, not {kind}") from error
    try:
        column.validate(full=True)
    except pa.ArrowException as error:
        raise SourceError(f"{path}: column {name!r} is damaged: {reason_of(error)}") from error
    return column


def _matrix(path: Path, table: pa.Table, name: str) -> Matrix:
    """Return a column of equally long lists as a matrix, float32 (rows, length)."""
    lists = _column(path, table, name, pa.list_(pa.float32())).combine_chunks()
    numbers = lists.flatten()
    dim = len(numbers) // max(1, len(lists))
    if lists.null_count or numbers.null_count or not (np.diff(lists.offsets.to_numpy()) == dim).all():
        raise SourceError(f"{path}: column {name!r} must contain the same number of values in each row")
    rows = np.asarray(numbers.to_numpy(), np.float32).reshape(table.num_rows, dim)
    if f"{name}_scale" not in table.column_names:
        return rows
    return apply_scale(path, name, rows, _column(path, table, f"{name}_scale", pa.float32()).to_numpy())
