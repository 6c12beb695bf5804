"""Export as Parquet: one row per track, with vectors and, optionally, a projection and neighbours.

    position, artist, title, uri, count; identifiers (separated by spaces), if any track has them
    centre, context               lists of float32, float16 or int8
    centre_scale, context_scale   only with int8: scale factor of each list
    x, y                          float32, position in the projection
    neighbours                    ids (rows of the file, from 0) and distances (1 - cosine), nearest first

x, y and neighbours have the layout that Embedding Atlas expects. Neighbours are written while they are computed, so
that at most one row group of them is in memory.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from skipgramophone.errors import StorageError
from skipgramophone.experiment.arrays import Rows
from skipgramophone.exporters.vectors import TrackVectors, require_same

TYPES = {
    "position": pa.int64(),
    "artist": pa.string(),
    "title": pa.string(),
    "uri": pa.string(),
    "count": pa.int64(),
    "identifiers": pa.string(),
    "album": pa.string(),
}
MATRICES = ("centre", "centre_scale", "context", "context_scale")
NEIGHBOURS = "neighbours"
GROUP_ROWS = 65_536

Block = tuple[Rows, npt.NDArray[np.float32]]


def write(path: Path, vectors: TrackVectors) -> None:
    """Write vectors to a Parquet file, read it back and compare it with the vectors."""
    columns = {name: pa.array(column, TYPES[name]) for name, column in vectors.columns().items()}
    present = vectors.matrices(*MATRICES)
    columns |= {name: _lists(matrix) for name, matrix in present.items()}
    if vectors.plane is not None:
        columns |= {axis: pa.array(places) for axis, places in zip("xy", vectors.plane.T, strict=True)}
    table, written = pa.table(columns), hashlib.sha256()
    with path.open("xb") as file:
        if vectors.neighbours is None:
            pq.write_table(table, file, row_group_size=GROUP_ROWS)
        else:
            _write_with_neighbours(file, table, vectors.neighbours(), written)
    _read_back(path, vectors, written.digest())


def _write_with_neighbours(file: Any, table: pa.Table, blocks: Iterator[Block], written: Any) -> None:
    """Write a table and the neighbours of its rows, one row group at a time.

    The neighbours are also added to the hash `written`, with which the file is verified later.
    """
    writer, start = None, 0
    for near, similarities in _grouped(blocks):
        distances = np.maximum(1 - similarities, 0)
        for numbers in (near, distances):
            written.update(np.ascontiguousarray(numbers).tobytes())
        offsets = pa.array(np.arange(len(near) + 1, dtype=np.int32) * near.shape[1])
        parts = [pa.ListArray.from_arrays(offsets, pa.array(numbers.reshape(-1))) for numbers in (near, distances)]
        group = table.slice(start, len(near))
        group = group.append_column(NEIGHBOURS, pa.StructArray.from_arrays(parts, ["ids", "distances"]))
        writer = writer or pq.ParquetWriter(file, group.schema)
        writer.write_table(group)
        start += len(near)
    if writer:
        writer.close()


def _grouped(blocks: Iterator[Block]) -> Iterator[Block]:
    """Join consecutive blocks into blocks of at least `GROUP_ROWS` rows. Only the last joined block may be smaller."""
    pending: list[Block] = []
    for block in blocks:
        pending.append(block)
        if sum(len(near) for near, _ in pending) >= GROUP_ROWS:
            yield np.concatenate([near for near, _ in pending]), np.concatenate([found for _, found in pending])
            pending = []
    if pending:
        yield np.concatenate([near for near, _ in pending]), np.concatenate([found for _, found in pending])


def _read_back(path: Path, vectors: TrackVectors, neighbours: bytes) -> None:
    """Read the file back, and verify its names and numbers.

    The neighbours are not computed again. Instead, the hash of those in the file must equal `neighbours`.
    """
    present = vectors.matrices(*MATRICES)
    read = hashlib.sha256()
    with path.open("rb") as opened, pq.ParquetFile(opened) as file:
        names = [name for name in file.schema_arrow.names if name != NEIGHBOURS]
        table = file.read(names)
        if NEIGHBOURS in file.schema_arrow.names:
            for group in range(file.num_row_groups):
                found = file.read_row_group(group, [NEIGHBOURS])[NEIGHBOURS].combine_chunks()
                for part in ("ids", "distances"):
                    read.update(np.ascontiguousarray(found.field(part).flatten().to_numpy()).tobytes())
    flat = {name: table[name].combine_chunks() for name in present}
    shaped = {
        name: (column if present[name].ndim == 1 else column.flatten()).to_numpy().reshape(present[name].shape)
        for name, column in flat.items()
    }
    if vectors.plane is not None:
        shaped["plane"] = np.stack([table[axis].to_numpy() for axis in "xy"], axis=1)
    require_same(path, {name: table[name].to_pylist() for name in vectors.columns()}, shaped, vectors)
    if read.digest() != neighbours:
        raise StorageError(f"verification of {path} failed: {NEIGHBOURS} differ from the exported data; export again")


def _lists(matrix: npt.NDArray[Any]) -> pa.Array:
    """Return the rows of a matrix as fixed-size lists, or a one-dimensional array as a plain column."""
    if matrix.ndim == 1:
        return pa.array(matrix)
    return pa.FixedSizeListArray.from_arrays(pa.array(np.ascontiguousarray(matrix).reshape(-1)), matrix.shape[1])
