"""Export for TensorBoard's Embedding Projector: vectors.tsv, metadata.tsv and a configuration file that refers to both.

The Projector does not support quoting, so tabs, line ends and backslashes in names are escaped as in JSON. The
Projector shows the first 100,000 points and ignores the rest. If there are more tracks, a sample is written (see
`rows_to_write`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from skipgramophone.experiment.new_files import write_new_text
from skipgramophone.exporters.vectors import TrackVectors, require_same, text_rows

MOST_POINTS = 100_000  # number of points that the Projector loads
VECTORS, METADATA, CONFIG = "vectors.tsv", "metadata.tsv", "projector_config.pbtxt"


def rows_to_write(tracks: int) -> Sequence[int]:
    """Return the rows to write: all rows or, if there are more than the Projector loads, 100,000 of them.

    These are the first 50,000 rows and 50,000 evenly spaced rows of the others.

    >>> list(rows_to_write(3)), len(set(rows_to_write(100_007)))
    ([0, 1, 2], 100000)
    """
    if tracks <= MOST_POINTS:
        return range(tracks)
    half = MOST_POINTS // 2
    return [*range(half), *np.linspace(half, tracks - 1, MOST_POINTS - half).astype(np.int64).tolist()]


def write(directory: Path, vectors: TrackVectors) -> None:
    """Write the files into a directory, read them back and verify them."""
    matrix, rows = vectors.single()
    names = [track.name for track in vectors.tracks]
    columns = vectors.columns()
    with (directory / VECTORS).open("x", encoding="ascii", newline="\n") as file:
        file.writelines("\t".join(row) + "\n" for row in text_rows(rows))
    with (directory / METADATA).open("x", encoding="utf-8", newline="\n") as file:
        file.write("\t".join(["name", *columns]) + "\n")  # the first column labels the points
        for values in zip(names, *columns.values(), strict=True):
            file.write("\t".join(map(_cell, values)) + "\n")
    described = {"tensor_name": matrix, "tensor_path": VECTORS, "metadata_path": METADATA}
    lines = "".join(f'  {key}: "{value}"\n' for key, value in described.items())
    write_new_text(directory / CONFIG, f"embeddings {{\n{lines}}}\n")
    _read_back(directory, vectors)


def _read_back(directory: Path, vectors: TrackVectors) -> None:
    """Read the files back, and verify their names and numbers."""
    matrix, rows = vectors.single()
    fields = [f"f{at}" for at in range(rows.shape[1])]
    with (directory / VECTORS).open("rb") as file:
        read = pa_csv.read_csv(
            file,
            pa_csv.ReadOptions(column_names=fields),
            pa_csv.ParseOptions(delimiter="\t"),
            pa_csv.ConvertOptions(column_types=dict.fromkeys(fields, pa.float32())),
        )
    found = np.stack([read[field].to_numpy() for field in fields], axis=1)
    with (directory / METADATA).open(encoding="utf-8", newline="\n") as file:
        head, *cells = [line.removesuffix("\n").split("\t") for line in file]
    columns = dict(zip(head, ([_text(cell) for cell in column] for column in zip(*cells, strict=True)), strict=True))
    known: dict[str, list[Any]] = {name: columns[name] for name in ("artist", "title", "uri")}
    known |= {name: [int(cell) for cell in columns[name]] for name in ("position", "count")}
    require_same(directory, known, {matrix: found}, vectors)


def _cell(value: object) -> str:
    """Return a value as a field without tabs and line ends.

    >>> _cell('a "quoted"\\ttab')
    'a "quoted"\\\\ttab'
    """
    return json.dumps("" if value is None else str(value), ensure_ascii=False)[1:-1].replace('\\"', '"')


def _text(cell: str) -> str:
    """Reverse `_cell`: return the original text of a field."""
    return str(json.loads('"' + cell.replace('"', '\\"') + '"'))
