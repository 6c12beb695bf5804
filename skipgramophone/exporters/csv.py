"""Export as CSV or TSV (tabs instead of commas), in UTF-8.

Each number is written with as many digits as are needed to read back exactly the same value.

The columns are position, artist, title, uri, count, identifiers and album, followed by one column per dimension:
centre_0, centre_1 … The column identifiers is left out if no track has an identifier, and the column album if no track
has an album.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from skipgramophone.exporters.parquet import TYPES
from skipgramophone.exporters.vectors import TrackVectors, require_same


def write(path: Path, vectors: TrackVectors) -> None:
    """Write a CSV file, read it back and verify it."""
    _write(path, vectors, ",")


def write_tabbed(path: Path, vectors: TrackVectors) -> None:
    """Write a TSV file, read it back and verify it. As in CSV, fields with a tab, a line end or a quote are quoted."""
    _write(path, vectors, "\t")


def _write(path: Path, vectors: TrackVectors, delimiter: str) -> None:
    """Write a table with a delimiter, read it back and verify it."""
    known = vectors.columns()
    known["uri"] = [uri or "" for uri in known["uri"]]
    columns = {name: pa.array(column, TYPES[name]) for name, column in known.items()}
    matrix, rows = vectors.single()
    numbers = {f"{matrix}_{at}": pa.array(np.ascontiguousarray(column)) for at, column in enumerate(rows.T)}
    table = pa.table(columns | numbers)
    with path.open("xb") as file:
        pa_csv.write_csv(table, file, pa_csv.WriteOptions(delimiter=delimiter))
    with path.open("rb") as file:
        read = pa_csv.read_csv(
            file,
            parse_options=pa_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            convert_options=pa_csv.ConvertOptions(column_types=table.schema, strings_can_be_null=False),
        )
    found = np.stack([read[name].to_numpy() for name in numbers], axis=1).reshape(-1, len(numbers))
    require_same(path, {name: read[name].to_pylist() for name in columns}, {matrix: found}, vectors)
