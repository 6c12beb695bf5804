"""JSON lines: an object a track with position, artist, title, uri, count and its centre vector; lossless."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from skipgramophone.exporters.vectors import TrackVectors, require_same


def write(path: Path, vectors: TrackVectors) -> None:
    """Write the file and read it back."""
    columns = vectors.columns()
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for known, vector in zip(zip(*columns.values(), strict=True), vectors.centre, strict=True):
            record = dict(zip(columns, known, strict=True)) | {"centre": vector.tolist()}
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
    read: dict[str, list[object]] = {name: [] for name in columns}
    centre = np.empty_like(vectors.centre)
    with path.open(encoding="utf-8", newline="\n") as file:
        for at, line in enumerate(file):
            record = json.loads(line)
            centre[at] = record["centre"]
            for name, column in read.items():
                column.append(record[name])
    require_same(path, read, {"centre": centre}, vectors)
