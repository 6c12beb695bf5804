"""CSV: position, artist, title, uri, count, then a column a number of the centre vector; lossless, UTF-8."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from skipgramophone.exporters.vectors import TrackVectors, require_same


def write(path: Path, vectors: TrackVectors) -> None:
    """Write the file and read it back."""
    tracks = vectors.tracks
    columns = {
        "position": pa.array([track.position for track in tracks], pa.int64()),
        "artist": pa.array([track.artist for track in tracks], pa.string()),
        "title": pa.array([track.title for track in tracks], pa.string()),
        "uri": pa.array([track.uri or "" for track in tracks], pa.string()),
        "count": pa.array([track.count for track in tracks], pa.int64()),
    }
    numbers = {f"centre_{at}": pa.array(np.ascontiguousarray(column)) for at, column in enumerate(vectors.centre.T)}
    table = pa.table(columns | numbers)
    with path.open("wb") as file:
        pa_csv.write_csv(table, file)
    with path.open("rb") as file:
        read = pa_csv.read_csv(
            file,
            parse_options=pa_csv.ParseOptions(newlines_in_values=True),
            convert_options=pa_csv.ConvertOptions(column_types=table.schema, strings_can_be_null=False),
        )
    names = list(zip(read["artist"].to_pylist(), read["title"].to_pylist(), strict=True))
    centre = np.stack([read[name].to_numpy() for name in numbers], axis=1).reshape(-1, len(numbers))
    require_same(path, names, centre, vectors)
