"""Parquet: a row a track, vectors as fixed-size lists; if asked for, neighbours and similarities too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from skipgramophone.exporters.vectors import TrackVectors, require_same

TYPES = {
    "position": pa.int64(),
    "artist": pa.string(),
    "title": pa.string(),
    "uri": pa.string(),
    "count": pa.int64(),
}
MATRICES = ("centre", "centre_scale", "context", "context_scale", "neighbours", "similarities")


def write(path: Path, vectors: TrackVectors) -> None:
    """Write the file and read it back."""
    columns = {name: pa.array(column, TYPES[name]) for name, column in vectors.columns().items()}
    present = vectors.matrices(*MATRICES)
    table = pa.table(columns | {name: _lists(matrix) for name, matrix in present.items()})
    with path.open("wb") as file:
        pq.write_table(table, file)
    with path.open("rb") as file:
        read = pq.read_table(file)
    flat = {name: read[name].combine_chunks() for name in present}
    shaped = {
        name: (column if present[name].ndim == 1 else column.flatten()).to_numpy().reshape(present[name].shape)
        for name, column in flat.items()
    }
    require_same(path, {name: read[name].to_pylist() for name in TYPES}, shaped, vectors)


def _lists(matrix: npt.NDArray[Any]) -> pa.Array:
    """Rows of a matrix as fixed-size lists; a vector as it is."""
    if matrix.ndim == 1:
        return pa.array(matrix)
    return pa.FixedSizeListArray.from_arrays(pa.array(np.ascontiguousarray(matrix).reshape(-1)), matrix.shape[1])
