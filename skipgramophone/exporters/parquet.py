"""Parquet: a row a track, vectors as fixed-size lists of float32."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from skipgramophone.embeddings import Matrix
from skipgramophone.exporters.vectors import TrackVectors, require_same


def write(path: Path, vectors: TrackVectors) -> None:
    """Write the file and read it back."""
    tracks = vectors.tracks
    table = pa.table(
        {
            "position": pa.array([track.position for track in tracks], pa.int64()),
            "artist": pa.array([track.artist for track in tracks], pa.string()),
            "title": pa.array([track.title for track in tracks], pa.string()),
            "uri": pa.array([track.uri for track in tracks], pa.string()),
            "count": pa.array([track.count for track in tracks], pa.int64()),
            "centre": _lists(vectors.centre),
            "context": _lists(vectors.context),
        }
    )
    with path.open("wb") as file:
        pq.write_table(table, file)
    with path.open("rb") as file:
        read = pq.read_table(file)
    names = list(zip(read["artist"].to_pylist(), read["title"].to_pylist(), strict=True))
    flat = read["centre"].combine_chunks().flatten().to_numpy()
    require_same(path, names, flat.reshape(-1, vectors.centre.shape[1]), vectors)


def _lists(matrix: Matrix) -> pa.Array:
    """Rows of a matrix as fixed-size lists."""
    return pa.FixedSizeListArray.from_arrays(pa.array(np.ascontiguousarray(matrix).reshape(-1)), matrix.shape[1])
