"""Export as JSON lines with position, artist, title, uri, count and the exact vector ("centre" or "context")."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from skipgramophone.exporters.vectors import TrackVectors, require_same


def write_names(path: Path, vectors: TrackVectors) -> None:
    """Write the metadata of the tracks, one JSON object per line without vectors, and verify the file."""
    columns = vectors.columns()
    with path.open("x", encoding="utf-8", newline="\n") as file:
        for known in zip(*columns.values(), strict=True):
            file.write(json.dumps(dict(zip(columns, known, strict=True)), ensure_ascii=False) + "\n")
    with path.open(encoding="utf-8", newline="\n") as file:
        records = [json.loads(line) for line in file]
    require_same(path, {name: [record[name] for record in records] for name in columns}, {}, vectors)


def write(path: Path, vectors: TrackVectors) -> None:
    """Write vectors to a file of JSON lines, read it back and compare it with the vectors."""
    columns, (matrix, rows) = vectors.columns(), vectors.single()
    with path.open("x", encoding="utf-8", newline="\n") as file:
        for known, vector in zip(zip(*columns.values(), strict=True), rows, strict=True):
            record = dict(zip(columns, known, strict=True)) | {matrix: vector.tolist()}
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
    read: dict[str, list[object]] = {name: [] for name in columns}
    found = np.empty_like(rows)
    with path.open(encoding="utf-8", newline="\n") as file:
        for at, line in enumerate(file):
            record = json.loads(line)
            found[at] = record[matrix]
            for name, column in read.items():
                column.append(record[name])
    require_same(path, read, {matrix: found}, vectors)
