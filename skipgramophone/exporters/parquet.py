"""Parquet: a row a track, vectors as fixed-size lists of float32."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from skipgramophone.embeddings import Matrix
from skipgramophone.exporters.vectors import TrackVectors, require_same

TYPES = {
    "position": pa.int64(),
    "artist": pa.string(),
    "title": pa.string(),
    "uri": pa.string(),
    "count": pa.int64(),
}
MATRICES = ("centre", "context")


def write(path: Path, vectors: TrackVectors) -> None:
    """Write the file and read it back."""
    columns = {name: pa.array(column, TYPES[name]) for name, column in vectors.columns().items()}
    table = pa.table(columns | {name: _lists(getattr(vectors, name)) for name in MATRICES})
    with path.open("wb") as file:
        pq.write_table(table, file)
    with path.open("rb") as file:
        read = pq.read_table(file)
    matrices = {name: read[name].combine_chunks().flatten().to_numpy() for name in MATRICES}
    shaped = {name: flat.reshape(-1, vectors.centre.shape[1]) for name, flat in matrices.items()}
    require_same(path, {name: read[name].to_pylist() for name in TYPES}, shaped, vectors)


def _lists(matrix: Matrix) -> pa.Array:
    """Rows of a matrix as fixed-size lists."""
    return pa.FixedSizeListArray.from_arrays(pa.array(np.ascontiguousarray(matrix).reshape(-1)), matrix.shape[1])
